// Reads and writes txtar archives: a comment, then files after "-- NAME --".

export function parse(text) {
  const archive = { comment: '', files: [] };
  let file = null;
  for (const line of text.split(/(?<=\n)/)) {
    const marker = line.match(/^-- (\S+) --\n?$/);
    if (marker) {
      file = { name: marker[1], data: '' };
      archive.files.push(file);
    } else if (file) {
      file.data += line;
    } else {
      archive.comment += line;
    }
  }
  return archive;
}

export function format(archive) {
  const ended = (text) => (text === '' || text.endsWith('\n') ? text : text + '\n');
  return archive.comment + archive.files.map((f) => `-- ${f.name} --\n${ended(f.data)}`).join('');
}

// The subgraphs of a set are its *.graphql files.
export function subgraphs(archive) {
  return archive.files
    .filter((f) => f.name.endsWith('.graphql') && f.name !== 'apollo.graphql' && f.name !== 'supergraph.graphql')
    .map((f) => ({ name: f.name.slice(0, -'.graphql'.length), sdl: f.data }));
}
