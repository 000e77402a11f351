// Prints the characters that Smart Encoding replaces and their substitutes; argument: the folder of
// `sms-segments-calculator`.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { default: map } = require(`${process.argv[1]}/dist/libs/SmartEncodingMap.js`);
console.log(JSON.stringify(Object.entries(map)));
