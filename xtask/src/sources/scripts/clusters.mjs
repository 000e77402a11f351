// Prints every range of every value of Grapheme_Cluster_Break; argument: the folder of `@unicode/unicode-…`.
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = `${process.argv[1]}/Grapheme_Cluster_Break`;
const all = [];
for (const value of readdirSync(folder)) {
  const { default: ranges } = await import(pathToFileURL(`${folder}/${value}/ranges.mjs`));
  for (const { begin, end } of ranges) all.push([begin, end - 1, value]);
}
console.log(JSON.stringify(all));
