// Measures a JavaScript composer on a graph that main.go has written:
//
//   node compose.mjs apollo|guild DIR ROUNDS
//
// ROUNDS is how often it composes after a first time that does not count; 0
// composes once and measures nothing, to be measured as a whole process.
import { readFileSync } from "node:fs";
import { parse } from "graphql";

const [composer, dir, rounds] = [process.argv[2], process.argv[3], Number(process.argv[4] ?? 5)];
const subgraphs = JSON.parse(readFileSync(`${dir}/subgraphs.json`, "utf8"));

const modules = { apollo: "@apollo/composition", guild: "@theguild/federation-composition" };
const { composeServices } = await import(modules[composer]);

// Text goes in and comes out, so parsing counts, as it does for Weft.
function compose() {
  const result = composeServices(subgraphs.map((s) => ({ name: s.Name, url: s.URL, typeDefs: parse(s.SDL) })));
  if (result.errors?.length) throw new Error(result.errors[0].message);
  return result.supergraphSdl;
}

let sdl = compose();
const wall = [];
const cpu = [];
for (let i = 0; i < rounds; i++) {
  const start = performance.now();
  const used = process.cpuUsage();
  sdl = compose();
  wall.push(performance.now() - start);
  const { user, system } = process.cpuUsage(used);
  cpu.push((user + system) / 1000);
}
const median = (taken) => Number(taken.sort((a, b) => a - b)[Math.floor(taken.length / 2)].toFixed(1));
if (rounds > 0) {
  console.log(JSON.stringify({ composer, subgraphs: subgraphs.length, wall_ms: median(wall), cpu_ms: median(cpu), bytes: Buffer.byteLength(sdl) }));
}
