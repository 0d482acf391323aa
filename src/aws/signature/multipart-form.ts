/**
 * Parses a browser's upload to S3: `multipart/form-data` with fields, then the `file`, which is streamed.
 * Anything after the file is ignored, as S3 does.
 */
import { isUtf8 } from "node:buffer";
import { AwsError } from "#aws/errors.ts";
import { invalidArgument } from "./errors.ts";

export interface UploadForm {
  /** By lower-case name; repeated fields are joined by `,`, like repeated headers in S3. */
  fields: ReadonlyMap<string, string>;
  /** Undefined if the file's part has none: `${filename}` is then not replaced. */
  filename: string | undefined;
  contentType: string | undefined;
  /** Can be iterated once. Throws at its end if the form is incomplete. */
  file: AsyncIterable<Uint8Array>;
}

/** The maximum number of bytes before the file's content, including delimiters and headers. */
const MAX_FIELDS_BYTES = 20_480;

/**
 * Reads a form up to its file.
 * @throws {AwsError} 4xx if it is not a form, malformed, has too much before the file, a field that is not
 * text, or no file
 */
export async function readUploadForm(
  contentType: string | undefined,
  source: AsyncIterable<Uint8Array>,
): Promise<UploadForm> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`, "latin1");
  const input = source[Symbol.asyncIterator]();
  // The first delimiter is not preceded by a line.
  let buffer: Buffer = Buffer.from("\r\n");
  let consumed = 0;
  const fields = new Map<string, string>();

  async function more(): Promise<void> {
    if (buffer.length + consumed > MAX_FIELDS_BYTES) throw fieldsTooLong();
    const next = await input.next();
    if (next.done === true) throw malformed();
    buffer = Buffer.concat([buffer, next.value]);
  }

  /** Reads up to `mark`, and removes both from the buffer. */
  async function through(mark: Uint8Array): Promise<Buffer> {
    let from = 0;
    for (;;) {
      const at = buffer.indexOf(mark, from);
      if (at >= 0) {
        const before = buffer.subarray(0, at);
        consumed += at + mark.length;
        if (consumed > MAX_FIELDS_BYTES) throw fieldsTooLong();
        buffer = buffer.subarray(at + mark.length);
        return before;
      }
      from = Math.max(0, buffer.length - mark.length + 1);
      await more();
    }
  }

  await through(delimiter);
  for (;;) {
    // After a delimiter, `--` ends the form; padding and CRLF start a part.
    while (buffer.length < 2) await more();
    if (buffer.toString("latin1", 0, 2) === "--") throw noFile();
    const padding = await through(CRLF);
    if (/[^ \t]/.test(padding.toString("latin1"))) throw malformed();
    const part = await readPartHeaders(through);
    if (part.name === "file") {
      return {
        fields,
        filename: part.filename,
        contentType: part.type,
        file: fileBytes(buffer, input, delimiter),
      };
    }
    const bytes = await through(delimiter);
    if (!isUtf8(bytes)) throw notUtf8();
    const value = bytes.toString();
    const earlier = fields.get(part.name);
    fields.set(part.name, earlier === undefined ? value : `${earlier},${value}`);
  }
}

const CRLF = Buffer.from("\r\n");

interface Part {
  /** Lower-case. */
  name: string;
  filename: string | undefined;
  type: string | undefined;
}

async function readPartHeaders(through: (mark: Uint8Array) => Promise<Buffer>): Promise<Part> {
  let disposition: string | undefined;
  let type: string | undefined;
  for (;;) {
    const line = (await through(CRLF)).toString();
    if (line === "") break;
    const match = /^([^:\s]+):(.*)$/s.exec(line);
    if (match === null) throw malformed();
    if (/^content-disposition$/i.test(match[1]!)) disposition = match[2]!.trim();
    else if (/^content-type$/i.test(match[1]!)) type = match[2]!.trim();
  }
  const parameters = /^form-data[ \t]*(;.*)$/is.exec(disposition ?? "")?.[1];
  const name = parameter(parameters, "name");
  if (!name) throw malformed();
  return { name: name.toLowerCase(), filename: parameter(parameters, "filename"), type };
}

/**
 * Parses a quoted or bare parameter. Browsers write `"` in a name as `%22`, others as `\"`; any other
 * backslash belongs to a path.
 */
function parameter(text: string | undefined, name: string): string | undefined {
  const pattern = /;[ \t]*([A-Za-z*]+)=(?:"((?:\\"|[^"])*)"|([^\s;"]*))/g;
  for (const match of (text ?? "").matchAll(pattern)) {
    if (match[1]!.toLowerCase() === name) return match[2]?.replaceAll('\\"', '"') ?? match[3];
  }
  return undefined;
}

async function* fileBytes(
  start: Buffer,
  input: AsyncIterator<Uint8Array>,
  delimiter: Buffer,
): AsyncGenerator<Uint8Array> {
  let buffered = start;
  try {
    for (;;) {
      const at = buffered.indexOf(delimiter);
      if (at >= 0) {
        if (at > 0) yield buffered.subarray(0, at);
        break;
      }
      // The last bytes may be the start of a delimiter.
      const safe = buffered.length - delimiter.length + 1;
      if (safe > 0) {
        yield buffered.subarray(0, safe);
        buffered = buffered.subarray(safe);
      }
      const next = await input.next();
      if (next.done === true) throw malformed();
      buffered = Buffer.concat([buffered, next.value]);
    }
    // Reads to the end, where the body's own length is checked.
    while ((await input.next()).done !== true);
  } finally {
    await input.return?.();
  }
}

function boundaryOf(contentType = ""): string {
  if (!/^multipart\/form-data[ \t]*(;|$)/i.test(contentType)) {
    throw new AwsError(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      {
        status: 412,
        members: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" },
      },
    );
  }
  const boundary = parameter(contentType.slice(contentType.indexOf(";")), "boundary");
  // RFC 2046 allows seventy characters.
  if (!boundary || boundary.length > 70) throw malformed();
  return boundary;
}

const malformed = () =>
  new AwsError(
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
  );

const fieldsTooLong = () =>
  new AwsError(
    "MaxPostPreDataLengthExceeded",
    "Your POST request fields preceeding the upload file was too large.",
    { members: { MaxPostPreDataLengthBytes: MAX_FIELDS_BYTES } },
  );

const noFile = () => invalidArgument("POST requires exactly one file upload per request.", "file", "0");

/** This error is common for a file in a field not called `file`. */
const notUtf8 = () =>
  invalidArgument("Malformed Unicode code sequence in the field.", "formField", undefined);
