import { decimalIn, type Item, type Value } from "../values/value.ts";

/** A name that needs no quotes in Ion text. `$` and digits would be the number of a symbol. */
const PLAIN = /^(?!(?:null|true|false|nan)$)(?!\$\d+$)[A-Za-z_$][A-Za-z0-9_$]*$/;

/**
 * An item in Ion text, on one line.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
export function ionOf(item: Item): string {
  const fields = Object.entries(item).map(([name, value]) => `${nameOf(name)}:${ionValue(value)}`);
  return `{${fields.join(",")}}`;
}

const nameOf = (name: string) => (PLAIN.test(name) ? name : `'${escaped(name).replaceAll("'", "\\'")}'`);

/** The escapes of JSON are escapes of Ion text, too. */
const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

function ionValue(value: Value): string {
  if (value.S !== undefined) return JSON.stringify(value.S);
  if (value.N !== undefined) return ionNumber(value.N);
  if (value.B !== undefined) return blobOf(value.B);
  if (value.BOOL !== undefined) return String(value.BOOL);
  if (value.SS)
    return setOf(
      "SS",
      value.SS.map((text) => JSON.stringify(text)),
    );
  if (value.NS) return setOf("NS", value.NS.map(ionNumber));
  if (value.BS) return setOf("BS", value.BS.map(blobOf));
  if (value.L) return `[${value.L.map(ionValue).join(",")}]`;
  return value.M ? ionOf(value.M) : "null";
}

const setOf = (type: string, elements: readonly string[]) => `$dynamodb_${type}::[${elements.join(",")}]`;
const blobOf = (bytes: Uint8Array) => `{{${Buffer.from(bytes).toString("base64")}}}`;

/** Fractions of at least this power of ten are written without an exponent. */
const LEAST_PLAIN = -6;

/** A decimal of Ion keeps its precision: zeros at the end are an exponent, as in `6d2`. */
function ionNumber(text: string): string {
  const { negative, digits, exponent } = decimalIn(text);
  const sign = negative ? "-" : "";
  const power = exponent - digits.length;
  if (power === 0) return `${sign}${digits === "" ? "0" : digits}.`;
  if (power > 0) return `${sign}${digits}d${power}`;
  if (exponent > 0) return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
  if (exponent > LEAST_PLAIN) return `${sign}0.${"0".repeat(-exponent)}${digits}`;
  return `${sign}${digits}d${power}`;
}
