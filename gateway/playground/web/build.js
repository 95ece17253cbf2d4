// Builds ../dist from src: `npm ci && npm run build`. The versions are pinned by package-lock.json
// and esbuild's output depends on nothing else, so the committed files come out byte for byte.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

// GraphiQL's style sheet holds its fonts as base64, 90 % of its bytes. The page uses the system's fonts.
const withoutFonts = {
  name: "without-fonts",
  setup(builder) {
    builder.onLoad({ filter: /node_modules\/.*\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(/@font-face\s*{[^}]*}/g, ""),
      loader: "css",
    }));
  },
};

// A package's notice must travel with its code. Packages with the same notice share one copy.
async function licences(inputs) {
  const folders = inputs.map((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
  const packages = new Map();
  for (const folder of [...new Set(folders.filter(Boolean))].sort()) {
    const { name, version, license } = JSON.parse(await readFile(`${web}/${folder}/package.json`, "utf8"));
    const file = (await readdir(`${web}/${folder}`)).find((f) => /^licen[cs]e/i.test(f));
    const text = file ? await readFile(`${web}/${folder}/${file}`, "utf8") : `Licence: ${license}`;
    const notice = text.replaceAll("\r\n", "\n").trim();
    packages.set(notice, [...(packages.get(notice) ?? []), `${name} ${version}`]);
  }
  const parts = ["The playground's page bundles these packages, each under the licence below its name."];
  for (const [notice, names] of packages) parts.push("-".repeat(80), names.join("\n"), notice);
  return parts.join("\n\n") + "\n";
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const { metafile } = await build({
  absWorkingDir: web,
  entryPoints: { playground: "src/playground.jsx" },
  outdir: dist,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [withoutFonts],
  logLevel: "warning",
});
await copyFile(`${web}/src/favicon.svg`, `${dist}/favicon.svg`);
await writeFile(`${dist}/licences.txt`, await licences(Object.keys(metafile.inputs)));
