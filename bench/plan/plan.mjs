// Plans the cases that main.go has written, with another planner:
//
//   node plan.mjs apollo|hive ROUNDS CASE_DIR...
//
// It prints a line of JSON for each: the time to plan an operation that is text
// already parsed for Apollo's planner and text for Hive's, which takes nothing
// else; the median of ROUNDS after a first time, or the first time alone where
// that took longer than a second; and what the plan asks for. A case that the
// planner refuses has an error in place of these.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

const require = createRequire(import.meta.url);
const [planner, rounds, dirs] = [process.argv[2], Number(process.argv[3]), process.argv.slice(4)];

const planners = {
  apollo(sdl) {
    const { Supergraph, operationFromDocument } = require("@apollo/federation-internals");
    const { QueryPlanner } = require("@apollo/query-planner");
    const { parse } = require("graphql");
    const supergraph = Supergraph.build(sdl, { supportedFeatures: null });
    const planner = new QueryPlanner(supergraph);
    const schema = supergraph.apiSchema();
    return (text) => {
      const operation = operationFromDocument(schema, parse(text));
      return () => planner.buildQueryPlan(operation);
    };
  },
  hive(sdl) {
    const { QueryPlanner } = require("@graphql-hive/router-query-planner");
    const planner = new QueryPlanner(sdl);
    return (text) => () => planner.plan(text, null, new Set(), 0);
  },
};

// Requests, and how many of them follow one another at most.
function measure(node) {
  const all = (nodes) => nodes.filter(Boolean).map(measure);
  switch (node?.kind) {
    case undefined:
      return { requests: 0, depth: 0 };
    case "Fetch":
    case "BatchFetch":
      return { requests: 1, depth: 1 };
    case "Flatten":
      return measure(node.node);
    case "Sequence":
      return all(node.nodes).reduce((a, b) => ({ requests: a.requests + b.requests, depth: a.depth + b.depth }), measure());
    case "Parallel":
      return all(node.nodes).reduce((a, b) => ({ requests: a.requests + b.requests, depth: Math.max(a.depth, b.depth) }), measure());
    case "Condition":
      return all([node.ifClause, node.elseClause]).reduce((a, b) => ({ requests: a.requests + b.requests, depth: Math.max(a.depth, b.depth) }), measure());
  }
  throw new Error(`a node of the kind ${node.kind} is not expected`);
}

const compiled = new Map();
for (const dir of dirs) {
  const line = { planner, case: basename(dir) };
  try {
    const sdl = readFileSync(`${dir}/supergraph.graphql`, "utf8");
    if (!compiled.has(sdl)) {
      compiled.clear(); // the cases of one supergraph follow one another
      compiled.set(sdl, planners[planner](sdl));
    }
    const plan = compiled.get(sdl)(readFileSync(`${dir}/operation.graphql`, "utf8"));
    let start = performance.now();
    const first = plan();
    let took = [performance.now() - start];
    if (took[0] < 1000) {
      took = [];
      for (let i = 0; i < rounds; i++) {
        start = performance.now();
        plan();
        took.push(performance.now() - start);
      }
    }
    took.sort((a, b) => a - b);
    Object.assign(line, { ms: Number(took[Math.floor(took.length / 2)].toFixed(3)) }, measure(first.node));
  } catch (error) {
    line.error = String(error.message ?? error).split("\n")[0];
  }
  console.log(JSON.stringify(line));
}
