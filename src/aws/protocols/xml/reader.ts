import { Malformed, maxDepth } from "../values/malformed.ts";

/** An element by its local name: AWS ignores namespaces, and clients choose prefixes freely. */
export interface XmlElement {
  name: string;
  /** By name as written (`xsi:type`); `undefined` if there are none. */
  attributes: Map<string, string> | undefined;
  children: XmlElement[];
  /** The element's own text, without its children's. */
  text: string;
}

/**
 * Parses a document and returns its root element. Strict about syntax, and safe: DOCTYPE and therefore custom
 * entities are rejected, nesting is bounded, and the time is linear in the length of the text.
 * @throws {Malformed}
 */
export function parseXml(text: string): XmlElement {
  if (notXml.test(text)) throw new Malformed("A character that XML does not have");
  const scanner = new Scanner(text);
  return scanner.document();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that XML does not have
const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * The maximum number of elements and attributes. CompleteMultipartUpload has the most: 10,000 parts with all
 * their members.
 */
const MAX_PARTS = 120_000;

const name = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const attribute = /\s+([^\s=/<>"']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /\s*(\/?)>/y;
const closingEnd = /\s*>/y;

const slash = 47;
const question = 63;
const exclamation = 33;

class Scanner {
  readonly #text: string;
  #at: number;
  #parts = 0;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  document(): XmlElement {
    const root: XmlElement = { name: "", attributes: undefined, children: [], text: "" };
    const open: XmlElement[] = [root];
    const names: string[] = [];
    while (this.#at < this.#text.length) {
      const current = open[open.length - 1]!;
      current.text += this.#characters();
      if (this.#at++ === this.#text.length) break;
      const mark = this.#text.charCodeAt(this.#at);
      if (mark === slash) {
        if (names.pop() !== this.#closingName()) throw new Malformed("Mismatched tag");
        open.pop();
      } else if (mark === question) this.#skipPast("?>");
      else if (mark === exclamation) current.text += this.#declaration();
      else {
        const qualified = this.#matched(name)[0];
        const element = this.#element(qualified);
        current.children.push(element);
        if (this.#matched(tagEnd)[1] === "/") continue;
        if (open.length > maxDepth) throw new Malformed("Elements are nested too deep");
        open.push(element);
        names.push(qualified);
      }
    }
    if (names.length > 0) throw new Malformed("Not exactly one root element");
    return only(root);
  }

  /** What stands before the next tag. */
  #characters(): string {
    const start = this.#at;
    const tag = this.#text.indexOf("<", start);
    this.#at = tag < 0 ? this.#text.length : tag;
    return this.#at > start ? unescaped(this.#text.slice(start, this.#at)) : "";
  }

  #count(): void {
    if (++this.#parts > MAX_PARTS) throw new Malformed("The document has too many elements");
  }

  #element(qualified: string): XmlElement {
    this.#count();
    const colon = qualified.indexOf(":");
    return {
      name: colon < 0 ? qualified : qualified.slice(colon + 1),
      attributes: this.#attributes(),
      children: [],
      text: "",
    };
  }

  #attributes(): Map<string, string> | undefined {
    let attributes: Map<string, string> | undefined;
    const mark = this.#text.charCodeAt(this.#at);
    if (mark === 62) return undefined;
    for (;;) {
      attribute.lastIndex = this.#at;
      const match = attribute.exec(this.#text);
      if (match === null) return attributes;
      this.#at = attribute.lastIndex;
      this.#count();
      attributes ??= new Map();
      if (attributes.has(match[1]!)) throw new Malformed("Doubled attribute");
      attributes.set(match[1]!, unescaped(match[2] ?? match[3]!));
    }
  }

  #closingName(): string {
    this.#at++;
    const qualified = this.#matched(name)[0];
    this.#matched(closingEnd);
    return qualified;
  }

  /** What `<!` opens: a comment is skipped, a CDATA section is text, and a DOCTYPE is refused. */
  #declaration(): string {
    if (this.#text.startsWith("!--", this.#at)) {
      this.#at += 3;
      this.#skipPast("-->");
      return "";
    }
    if (!this.#text.startsWith("![CDATA[", this.#at)) throw new Malformed("DOCTYPE is not allowed");
    const start = this.#at + 8;
    this.#skipPast("]]>");
    return this.#text.slice(start, this.#at - 3);
  }

  #skipPast(mark: string): void {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw new Malformed(`Missing ${mark}`);
    this.#at = end + mark.length;
  }

  #matched(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new Malformed("Malformed tag");
    this.#at = pattern.lastIndex;
    return match;
  }
}

/** The one element of a document, beside which there is only space. */
function only({ children, text }: XmlElement): XmlElement {
  const [element] = children;
  if (element === undefined || children.length > 1 || text.trim() !== "")
    throw new Malformed("Not exactly one root element");
  return element;
}

const entities = new Map(Object.entries({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }));
/** Including the `&`. */
const MAX_REFERENCE = 33;

function unescaped(text: string): string {
  let plain = "";
  let at = 0;
  for (let mark = text.indexOf("&"); mark >= 0; mark = text.indexOf("&", at)) {
    const end = text.indexOf(";", mark);
    if (end < 0 || end - mark > MAX_REFERENCE) throw new Malformed("Unescaped &");
    plain += text.slice(at, mark) + character(text.slice(mark + 1, end));
    at = end + 1;
  }
  return at === 0 ? text : plain + text.slice(at);
}

function character(entity: string): string {
  const decoded = entities.get(entity);
  if (decoded !== undefined) return decoded;
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(entity) ?? [];
  const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN);
  if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff))
    throw new Malformed(`Unknown entity &${entity};`);
  return String.fromCodePoint(code);
}
