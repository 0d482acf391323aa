/** How several records are concatenated in one. */
export type Deaggregation = { json: true } | { delimiter: Buffer };

/** A record that contains more is not deaggregated. */
const MAX_RECORDS = 500;

export function deaggregated(how: Deaggregation, data: Buffer): Buffer[] {
  const found = "json" in how ? documentsIn(data) : pieces(data, how.delimiter);
  return found.length > MAX_RECORDS ? [data] : found;
}

function pieces(data: Buffer, delimiter: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < data.length && found.length <= MAX_RECORDS; ) {
    const end = data.indexOf(delimiter, at);
    const until = end < 0 ? data.length : end;
    if (until > at) found.push(data.subarray(at, until));
    at = until + delimiter.length;
  }
  return found;
}

const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, QUOTE, ESCAPE] = Buffer.from('{}[]"\\');

/** The JSON objects and arrays in a record, with or without separators. An incomplete document is kept as it is. */
function documentsIn(data: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < data.length && found.length <= MAX_RECORDS; at++) {
    switch (data[at]) {
      case QUOTE:
        if (depth > 0) at = endOfText(data, at);
        break;
      case OPEN:
      case OPEN_LIST:
        if (depth++ === 0) start = at;
        break;
      case CLOSE:
      case CLOSE_LIST:
        if (depth > 0 && --depth === 0) found.push(data.subarray(start, at + 1));
    }
  }
  return depth > 0 || found.length === 0 ? [data] : found;
}

/** The offset of the quote that ends a string, or the end of the data if there is none. */
function endOfText(data: Buffer, start: number): number {
  let at = start + 1;
  while (at < data.length && data[at] !== QUOTE) at += data[at] === ESCAPE ? 2 : 1;
  return at;
}
