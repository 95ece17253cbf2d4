// Loads the supergraphs that Weft writes (load.mjs FOLDER, a SET.graphql each) in
// Apollo's tools: as a supergraph, as its API schema, as the subgraphs that it
// says it is made of, and as the graph that queries are planned on. The API schema
// has to be that of Apollo's own supergraph, where differences.txt does not say
// otherwise.

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as archives from './archive.mjs';

const require = createRequire(import.meta.url);
const { parse, lexicographicSortSchema, buildASTSchema, printSchema } = require('graphql');
const internals = require('@apollo/federation-internals');
const graphs = require('@apollo/query-graphs');

const corpus = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const sets = path.join(corpus, 'testdata');
const listed = fs.readFileSync(path.join(corpus, 'differences.txt'), 'utf8').match(/^\w+(?= supergraph$)/gm) ?? [];
const folder = process.argv[2];

function api(sdl) {
  const supergraph = internals.Supergraph.build(sdl, { supportedFeatures: internals.ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: true });
  for (const s of supergraph.subgraphs()) s.schema.validate();
  graphs.buildFederatedQueryGraph(supergraph, true);
  const schema = internals.printSchema(supergraph.apiSchema()).replace(/^ *""""""\n/gm, ''); // a description that is empty is none
  return printSchema(lexicographicSortSchema(buildASTSchema(parse(schema), { assumeValid: true })));
}

let loaded = 0;
let failed = 0;
for (const file of fs.readdirSync(folder).filter((f) => f.endsWith('.graphql')).sort()) {
  const name = file.slice(0, -'.graphql'.length);
  if (listed.includes(name)) continue;
  try {
    const ours = api(fs.readFileSync(path.join(folder, file), 'utf8'));
    const set = archives.parse(fs.readFileSync(path.join(sets, name + '.txtar'), 'utf8'));
    const theirs = set.files.find((f) => f.name === 'apollo.graphql');
    if (theirs && api(theirs.data) !== ours) throw new Error('the API schema differs from that of the supergraph that Apollo writes');
    loaded++;
  } catch (e) {
    failed++;
    console.error(`${name}: ${e.message}`);
  }
}
console.log(`${loaded} supergraphs of Weft's load in Apollo's tools, ${failed} do not`);
process.exitCode = failed > 0 || loaded === 0 ? 1 : 0;
