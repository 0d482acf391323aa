/** The most characters of one row. */
const MAX_CHARACTERS = 4 * 2 ** 20;

/** A syntax error in a file, after which the rest cannot be parsed. */
export class Unreadable extends Error {
  override name = "Unreadable";
}

/**
 * Parses rows of cells. Cells with delimiters, line breaks or quotes are quoted, and quotes in them doubled. Empty lines are
 * skipped.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
 * @throws {Unreadable} if a quote is not closed, or a row is too long
 */
export async function* rowsOf(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[]> {
  const reader = new RowReader(delimiter);
  for await (const piece of text) yield* reader.rowsIn(piece);
  const last = reader.last();
  if (last) yield last;
}

/** The position in a cell: `closing` follows a quote, which either ends the cell or is the first of two. */
type State = "start" | "plain" | "quoted" | "closing";

class RowReader {
  readonly #delimiter: string;
  readonly #plain: RegExp;
  readonly #quoted = /[^"]+/y;
  #state: State = "start";
  #row: string[] = [];
  #cell = "";
  /** The number of characters of the current row. */
  #size = 0;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#plain = new RegExp(`[^"\\n\\r\\${delimiter}]+`, "y");
  }

  /** Yields the rows that end in a piece. The rest of the piece begins the next row. */
  *rowsIn(piece: string): Generator<string[]> {
    for (let at = 0; at < piece.length; ) {
      const run = this.#runAt(piece, at);
      const read = run ?? piece[at]!;
      at += read.length;
      this.#size += read.length;
      if (this.#size > MAX_CHARACTERS) throw new Unreadable("a row without an end");
      if (run !== undefined) this.#takeRun(run);
      else if (read !== "\n") this.#take(read);
      else {
        const row = this.#endRow();
        if (row) yield row;
      }
    }
  }

  /** The last row, if the file does not end with a line break. @throws {Unreadable} */
  last(): string[] | undefined {
    if (this.#state === "quoted") throw new Unreadable("a quote that is not closed");
    return this.#endRow();
  }

  /** The longest run of ordinary characters at a position, if there is one. */
  #runAt(piece: string, at: number): string | undefined {
    if (this.#state === "closing") return undefined;
    const run = this.#state === "quoted" ? this.#quoted : this.#plain;
    run.lastIndex = at;
    return run.exec(piece)?.[0];
  }

  #takeRun(run: string): void {
    this.#cell += run;
    if (this.#state === "start") this.#state = "plain";
  }

  /** Processes a character that may be special; within quotes only a quote is. */
  #take(character: string): void {
    if (this.#state === "quoted") this.#state = "closing";
    else if (this.#state === "closing" && character === '"') {
      this.#cell += '"';
      this.#state = "quoted";
    } else if (character === this.#delimiter) this.#endCell();
    else if (this.#state === "start" && character === '"') this.#state = "quoted";
    else if (character !== "\r") {
      this.#cell += character;
      this.#state = "plain";
    }
  }

  #endCell(): void {
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = "start";
  }

  /** Ends the row. @returns `undefined` for an empty line */
  #endRow(): string[] | undefined {
    this.#endCell();
    const row = this.#row;
    this.#row = [];
    this.#size = 0;
    return row.length === 1 && row[0] === "" ? undefined : row;
  }
}
