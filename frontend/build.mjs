// Copies the few browser assets that the pages need, with their licences, from node_modules into
// the Python package.  Nothing is bundled, minified or fetched here: what the lock file pins is
// what is served.
//
//   npm ci --prefix frontend && node frontend/build.mjs

import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const from = (...parts) => join(here, "node_modules", ...parts);
const to = join(here, "..", "src", "tocsin", "web", "static", "vendor");

const copies = [
  ["vega/build/vega.min.js", "vega.min.js"],
  ["vega/LICENSE", "vega.LICENSE.txt"],
  ["vega-lite/build/vega-lite.min.js", "vega-lite.min.js"],
  ["vega-lite/LICENSE", "vega-lite.LICENSE.txt"],
  ["vega-interpreter/LICENSE", "vega-interpreter.LICENSE.txt"],
  ["@fontsource-variable/inter/LICENSE", "inter.LICENSE.txt"],
];

rmSync(to, { recursive: true, force: true });
mkdirSync(join(to, "files"), { recursive: true });

// A source map comment would make the browser ask for a file that is not served.
const write = (name, text) => writeFileSync(join(to, name), text.replace(/\n?\/\/# sourceMappingURL=.*/g, ""));

for (const [source, name] of copies) write(name, readFileSync(from(source), "utf8"));

// The interpreter is published for bundlers; its one bare import is already inside vega.min.js.
write(
  "vega-interpreter.js",
  readFileSync(from("vega-interpreter/build/vega-interpreter.js"), "utf8").replace(
    /^import \{([^}]*)\} from 'vega-util';/,
    "const {$1} = globalThis.vega;",
  ),
);

// Inter stands in where the reader's machine has no good interface face of its own (see tocsin.css).
const faces = readFileSync(from("@fontsource-variable/inter/wght.css"), "utf8");
write("inter.css", faces);
for (const file of readdirSync(from("@fontsource-variable/inter/files"))) {
  if (faces.includes(file)) copyFileSync(from("@fontsource-variable/inter/files", file), join(to, "files", file));
}
