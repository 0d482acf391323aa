/** Characters of one row. */
const MOST_CHARACTERS = 4 * 2 ** 20;

/** What is wrong with a file, from where on nothing of it can be told apart. */
export class Unreadable extends Error {
  override name = "Unreadable";
}

/**
 * Rows of cells, quoted where they hold delimiters, ends of lines or quotes, which are doubled. Empty lines are none.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
 * @throws {Unreadable} where a quote is not closed, or a row has no end
 */
export async function* rowsOf(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[]> {
  let row: string[] = [];
  let cell = "";
  let size = 0;
  let state: "start" | "plain" | "quoted" | "closing" = "start";
  const ended = () => {
    const whole = [...row, cell];
    row = [];
    cell = "";
    size = 0;
    state = "start";
    return whole.length === 1 && whole[0] === "" ? undefined : whole;
  };
  const unquoted = new RegExp(`[^"\\n\\r\\${delimiter}]+`, "y");
  const quoted = /[^"]+/y;
  for await (const piece of text) {
    for (let at = 0; at < piece.length; ) {
      const run = state === "quoted" ? quoted : unquoted;
      run.lastIndex = at;
      const [plain] = (state !== "closing" && run.exec(piece)) || [];
      if (plain !== undefined) {
        cell += plain;
        at += plain.length;
        size += plain.length;
        if (size > MOST_CHARACTERS) throw new Unreadable("a row without an end");
        if (state === "start") state = "plain";
        continue;
      }
      const character = piece[at++]!;
      if (++size > MOST_CHARACTERS) throw new Unreadable("a row without an end");
      if (state === "quoted") {
        state = "closing";
      } else if (state === "closing" && character === '"') {
        cell += '"';
        state = "quoted";
      } else if (character === delimiter) {
        row.push(cell);
        cell = "";
        state = "start";
      } else if (character === "\n") {
        const whole = ended();
        if (whole) yield whole;
      } else if (state === "start" && character === '"') {
        state = "quoted";
      } else if (character !== "\r") {
        cell += character;
        state = "plain";
      }
    }
  }
  // Assigned in the loop, which the compiler does not see.
  if ((state as string) === "quoted") throw new Unreadable("a quote that is not closed");
  const last = ended();
  if (last) yield last;
}
