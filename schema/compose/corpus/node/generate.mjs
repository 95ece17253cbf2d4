// Writes the generated sets of the corpus: random_* (small, many features at
// once), fed1_* and mixed_* (federation 1, alone and beside 2) and large_*. The
// same sets come out every time; expect.mjs then adds the expectations.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as archives from './archive.mjs';

const sets = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'testdata');

// dice is a small seeded generator (mulberry32).
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)],
    number: (n) => 1 + Math.floor(next() * n),
    some: (list, n) => {
      const rest = [...list];
      const out = [];
      while (out.length < n && rest.length > 0) out.push(...rest.splice(Math.floor(next() * rest.length), 1));
      return out;
    },
  };
}

const FEDERATION2 = [
  '@key', '@shareable', '@external', '@requires', '@provides', '@override', '@tag', '@inaccessible',
  '@interfaceObject', '@cost', '@listSize', '@extends', '@authenticated', '@requiresScopes',
];

const LEAVES = ['Int', 'String', 'Int!', '[Int]', 'E'];
const TYPES = [...LEAVES, 'V', '[V!]', 'I', 'U'];

// Subgraph writes one subgraph of a plan. A flaw is a small chance to do wrong.
class Subgraph {
  constructor(r, name, plan) {
    Object.assign(this, { r, name, plan, federation1: plan.federation1.includes(name) });
  }

  // in2 gives text in federation 2 only.
  in2(text, chance = 1) {
    return !this.federation1 && this.r.chance(chance) ? ' ' + text : '';
  }

  decorations() {
    const { r } = this;
    return (
      (r.chance(0.06) ? ` @tag(name: "${r.pick(['x', 'y', 'z'])}")` : '') +
      this.in2('@inaccessible', 0.02) +
      (r.chance(0.05) ? ` @deprecated(reason: "${r.pick(['old', 'gone'])}")` : '') +
      this.in2(`@cost(weight: ${r.number(5)})`, 0.05) +
      this.in2('@authenticated', 0.02) +
      this.in2(`@requiresScopes(scopes: [["${r.pick(['a', 'b'])}"]])`, 0.02)
    );
  }

  entity() {
    const { r, plan, name } = this;
    const fields = ['id: ID!'];
    const external = [];
    this.external = external;
    for (const [field, type] of Object.entries(plan.fields)) {
      if (plan.owners[field].includes(name)) {
        fields.push(this.field(field, type));
      } else if (r.chance(0.25) && LEAVES.includes(type)) {
        fields.push(`${field}${plan.args[field]}: ${type} @external`);
        external.push(field);
      }
    }
    for (const field of external) {
      if (!r.chance(plan.flaw)) fields.push(`${name}_of_${field}: Int @requires(fields: "${field}")`);
    }
    let keys = r.chance(plan.flaw) ? '' : ' @key(fields: "id")';
    const own = Object.keys(plan.fields).filter(
      (f) => plan.owners[f].includes(name) && LEAVES.slice(0, 3).includes(plan.fields[f]) && (plan.args[f] === '' || r.chance(plan.flaw)),
    );
    if (own.length > 0 && r.chance(0.2)) keys += ` @key(fields: "${r.pick(own)}")`;
    const extend = r.chance(this.federation1 ? 0.5 : 0.1) ? 'extend ' : '';
    this.implements = name === plan.holder || (name !== plan.object && plan.object === '' && r.chance(0.4));
    if (this.implements) fields.push(`i: Int${this.in2('@shareable')}`);
    return `${extend}type T${this.implements ? ' implements I' : ''}${keys}${extend ? '' : this.decorations().replace(/ @(deprecated|cost|inaccessible|authenticated|requiresScopes)(\([^)]*\))?/g, '')} {\n  ${fields.join('\n  ')}\n}`;
  }

  field(field, type) {
    const { r, plan } = this;
    const shared = plan.shared[field] && !r.chance(plan.flaw);
    const args = r.chance(plan.flaw) ? plan.args[field].replace('Int)', 'Int = 1)') : plan.args[field];
    const stricter = r.chance(0.05) ? type.replace(/!$/, '') : type;
    const from = r.pick(plan.names.filter((n) => n !== this.name).concat('nowhere'));
    const override = this.in2(`@override(from: "${from}"${r.chance(0.2) ? ', label: "percent(10)"' : ''})`, 0.08);
    return `${field}${args}: ${stricter}${shared ? this.in2('@shareable') : ''}${override}${this.decorations()}`;
  }

  interface() {
    const { plan } = this;
    if (this.name === plan.object) {
      return `type I @key(fields: "id") @interfaceObject {\n  id: ID!\n  from_${this.name}: Int\n}`;
    }
    return `interface I${this.name === plan.holder ? ' @key(fields: "id")' : ''} {\n  id: ID!\n  i: Int\n}`;
  }

  query() {
    const { r, name } = this;
    const fields = name === this.plan.object ? [`${name}_w: W`] : [`${name}_t: T`, `${name}_u: U`];
    if (r.chance(0.3)) fields.push(`shared(x: Int${r.pick(['', '!'])}): Int${this.in2('@shareable')}`);
    if (r.chance(0.3)) fields.push(`${name}_i: I`);
    const provided = this.external.find((f) => this.plan.shared[f] && this.plan.args[f] === '');
    if (provided && r.chance(0.7)) fields.push(`${name}_p: T @provides(fields: "${provided}")`);
    if (r.chance(0.3)) fields.push(`${name}_l(n: Int, e: E): [V]${this.in2('@listSize(slicingArguments: ["n"])')}`);
    return `${r.chance(0.3) ? 'extend ' : ''}type Query {\n  ${fields.join('\n  ')}\n}`;
  }

  write() {
    const { r, plan } = this;
    const parts = [];
    if (!this.federation1) {
      const imports = FEDERATION2.map((d) => `"${d}"`).join(', ');
      parts.push(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`);
    }
    this.external = [];
    if (this.name !== plan.object) {
      parts.push(this.entity(), `union U = ${r.pick(['T | W', 'T | W', 'W | T', 'W'])}`);
    }
    parts.push(this.interface());
    const value = ['a: Int', `b: String${this.decorations()}`, ...(r.chance(plan.flaw) ? ['c: Int'] : [])];
    parts.push(`${r.chance(0.1) ? '"A value."\n' : ''}type V${r.chance(plan.flaw) ? '' : this.in2('@shareable')} {\n  ${value.join('\n  ')}\n}`);
    parts.push(`type W @key(fields: "id") {\n  id: ID!\n  of_${this.name}: Int${this.decorations()}\n}`);
    parts.push(`enum E {\n  A\n  B${r.chance(plan.flaw) ? '\n  C' : ''}\n}`);
    parts.push(`input In {\n  a: Int${r.pick(['', '', '!', ' = 3'])}\n  b: E${r.chance(plan.flaw) ? '\n  c: Int!' : ''}\n}`);
    parts.push(this.query());
    if (r.chance(0.3)) parts.push(`type Mutation {\n  ${this.name}_m(in: In): W\n}`);
    return parts.join('\n\n') + '\n';
  }
}

// plan decides which subgraph has which field of the entity that all share. In
// some plans one subgraph has an interface object in its place, and another one
// the interface.
function plan(r, federation1) {
  const names = ['accounts', 'books', 'carts', 'deals'].slice(0, r.pick([2, 2, 3, 4]));
  const old = federation1(names, r);
  const recent = names.filter((n) => !old.includes(n));
  const [object, holder] = recent.length > 1 && r.chance(0.25) ? r.some(recent, 2) : ['', ''];
  const p = { names, federation1: old, object, holder, fields: {}, owners: {}, shared: {}, args: {}, flaw: r.pick([0, 0, 0, 0.05]) };
  for (let i = 0; i < 7; i++) {
    const field = `f${i}`;
    p.fields[field] = r.pick(TYPES);
    p.owners[field] = r.some(names.filter((n) => n !== object), r.pick([1, 1, 1, 2]));
    p.shared[field] = p.owners[field].length > 1 || r.chance(0.3);
    p.args[field] = r.chance(0.3) ? r.pick(['(x: Int)', '(x: E, y: Int)', '(in: In)']) : '';
  }
  return p;
}

function random(seed, federation1) {
  const r = dice(seed);
  const p = plan(r, federation1);
  return p.names.map((name) => ({ name, sdl: new Subgraph(r, name, p).write() }));
}

// large is n subgraphs with an entity each that all extend, types that many
// share and references from each to the next.
function large(n, fields) {
  return Array.from({ length: n }, (_, i) => {
    const next = (i + 1) % n;
    const own = Array.from({ length: fields }, (_, f) => `  field${f}(first: Int = ${f}, filter: Filter): ${f % 3 === 0 ? 'Money' : f % 3 === 1 ? '[String!]!' : 'Color'}`);
    return {
      name: `service-${i}`,
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@tag"])

"Entity number ${i}."
type Entity${i} @key(fields: "id") @key(fields: "code region { name }") {
  id: ID!
  code: String!
  region: Region!
  next: Entity${next}
${own.join('\n')}
}

type Entity${next} @key(fields: "id") {
  id: ID!
  code: String! @external
  before${i}: Entity${i} @requires(fields: "code") @tag(name: "team-${i % 3}")
}

type Region @shareable {
  name: String!
  population: Int
}

type Money @shareable {
  amount: Int!
  currency: String!
}

input Filter {
  query: String
  colors: [Color!] = [RED]
}

enum Color {
  RED
  GREEN
  BLUE
}

interface Node {
  id: ID!
}

type Leaf${i} implements Node {
  id: ID!
  entity: Entity${i}
}

union Anything = Entity${i} | Leaf${i}

type Query {
  entity${i}(id: ID!): Entity${i}
  leaf${i}: Node
  any${i}: Anything
}
`,
    };
  });
}

function write(name, sentence, subgraphs) {
  const archive = { comment: sentence + '\n', files: subgraphs.map((s) => ({ name: s.name + '.graphql', data: s.sdl })) };
  fs.writeFileSync(path.join(sets, name + '.txtar'), archives.format(archive));
}

const number = (i) => String(i).padStart(3, '0');
for (let i = 0; i < 140; i++) {
  write(`random_${number(i)}`, 'Generated: many features at once.', random(i, () => []));
}
for (let i = 0; i < 30; i++) {
  write(`fed1_${number(i)}`, 'Generated: federation 1 alone.', random(1000 + i, (names) => names));
  write(`mixed_${number(i)}`, 'Generated: federation 1 beside 2.', random(2000 + i, (names, r) => r.some(names, r.number(names.length - 1))));
}
write('large_wide', 'Generated: many subgraphs.', large(40, 4));
write('large_deep', 'Generated: large subgraphs.', large(8, 60));
