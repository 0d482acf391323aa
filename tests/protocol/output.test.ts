import { describe, expect, test } from "vitest";
import type { Operation, StructureShape } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";
import { decodeCbor } from "#aws/protocols/cbor/cbor.ts";
import { cborInSeconds } from "#aws/protocols/cbor/shapes.ts";
import { jsonMembersReader, jsonReader } from "#aws/protocols/json/shapes.ts";
import type { WireBody, WireResponse } from "#aws/protocols/protocol.ts";
import { parseXml, type XmlElement } from "#aws/protocols/xml/reader.ts";
import { xmlMembersReader, xmlReader } from "#aws/protocols/xml/shapes.ts";
import { excludedOutputs } from "./excluded.ts";
import { type Case, cases, comparable, toHandlerValue, vectorsAreMissing } from "./vectors.ts";

const all = cases("output");
const meta = { requestId: "foo-id", hostId: "host-id" };

describe.skipIf(vectorsAreMissing)("a result encodes to the expected response", () => {
  for (const each of all) {
    const run = () => (each.errorCode === undefined ? checkResponse(each) : checkError(each));
    const reason = excludedOutputs[each.id];
    if (reason === undefined) test(each.id, run);
    else test(`${each.id} is excluded: ${reason}`, () => expect(run).toThrow());
  }

  test("every excluded case exists", () => {
    const ids = new Set(all.map(({ id }) => id));
    expect(Object.keys(excludedOutputs).filter((id) => !ids.has(id))).toEqual([]);
  });
});

/**
 * Reads both our body and the expected one, and compares each with the result: this validates the reader against the
 * case and the writer against the reader. Headers are compared as text.
 */
function checkResponse({ operation, protocol, result, response }: Case): void {
  const value = toHandlerValue(operation.output, result) as Record<string, unknown>;
  const encoded = protocol.encode(operation, value, meta);
  expect(encoded.status).toBe(response!.status_code);
  expectHeaders(encoded, response!.headers);

  const inBody = operation.output.payload ? [operation.output.payload] : operation.output.bodyMembers;
  const members = Object.fromEntries(inBody.map(({ name }) => [name, value[name]]));
  const read = bodyReader(operation, protocol.name);
  const expected = Buffer.from(response!.body ?? "", protocol.name === "rpcv2Cbor" ? "base64" : "utf8");
  expect(comparable(read(expected))).toEqual(comparable(members));
  expect(comparable(read(bytesOf(encoded.body)))).toEqual(comparable(members));
}

/** Headers that a case does not determine; one case lists a request header among those of its response. */
const varying = new Set(["content-type", "content-length", "x-amzn-requestid", "x-amz-target"]);

function expectHeaders(encoded: WireResponse, expected: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(expected)) {
    if (varying.has(name.toLowerCase())) continue;
    expect(encoded.headers[name.toLowerCase()], name).toBe(value);
  }
}

function bytesOf(body: WireBody): Buffer {
  if (typeof body === "string" || body instanceof Uint8Array) return Buffer.from(body as string);
  throw new Error("A stream where a whole body is expected");
}

type Read = (body: Buffer) => unknown;

function bodyReader(operation: Operation, name: string): Read {
  const { output } = operation;
  switch (name) {
    case "restJson1":
      return output.payload
        ? payloadReader(output, (shape) => jsonReader(shape))
        : jsonMembersReader(output, output.bodyMembers);
    case "restXml":
      return output.payload
        ? payloadReader(output, (shape) => (body) => xmlReader(shape)(xmlOf(body)))
        : (body) => (body.length === 0 ? {} : xmlMembersReader(output, output.bodyMembers)(xmlOf(body)));
    case "awsQuery":
      return (body) =>
        xmlReader(output)((body.length > 0 && childOf(xmlOf(body), operation.resultWrapper)) || nothing);
    case "ec2Query":
      return (body) => xmlReader(output)(body.length === 0 ? nothing : xmlOf(body));
    case "rpcv2Cbor":
      return cborInSeconds.reader(output);
    default:
      return jsonMembersReader(output, output.members);
  }
}

function payloadReader(output: StructureShape, reader: (shape: StructureShape) => Read): Read {
  const { name, shape } = output.payload!;
  if (shape.kind === "scalar") {
    const read: Read = shape.type === "blob" ? (body) => body : String;
    return (body) => (body.length === 0 ? {} : { [name]: read(body) });
  }
  return (body) => (body.length === 0 ? {} : { [name]: reader(shape as StructureShape)(body) });
}

const nothing: XmlElement = { name: "", attributes: undefined, children: [], text: "" };

function xmlOf(body: Buffer): XmlElement {
  return parseXml(body.toString());
}

function childOf(element: XmlElement, name: string | undefined): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

function checkError({ contract, operation, protocol, errorCode, errorMessage, error, response }: Case): void {
  const shape = contract.error(errorCode!)!;
  const members = toHandlerValue(shape, error ?? {}) as Record<string, unknown>;
  const message = errorMessage ?? "";
  const encoded = protocol.encodeError(operation, new AwsError(errorCode!, message, { members }), meta);
  expect(encoded.status).toBe(response!.status_code);
  const { "X-Amzn-Errortype": type, "x-amzn-errortype": lower, ...headers } = response!.headers ?? {};
  expectHeaders(encoded, headers);
  if (protocol.name === "restJson1") {
    expect(encoded.headers["x-amzn-errortype"]).toBe(shape.name);
    if (type ?? lower) expect((type ?? lower)!.split(":")[0]!.split("#").at(-1)).toBe(shape.name);
  }

  const inBody = shape.members.filter((member) => member.location === undefined);
  const bodyMembers = Object.fromEntries(inBody.map(({ name }) => [name, members[name]]));
  const read = errorReader(shape, protocol.name);
  const expected = Buffer.from(response!.body ?? "", protocol.name === "rpcv2Cbor" ? "base64" : "utf8");
  expect(comparable(read(expected))).toEqual(comparable(bodyMembers));
  expect(comparable(read(bytesOf(encoded.body)))).toEqual(comparable(bodyMembers));
  expect(codeIn(bytesOf(encoded.body), protocol.name) ?? errorCode).toBe(
    codeIn(expected, protocol.name) ?? errorCode,
  );
}

function errorReader(shape: StructureShape, name: string): Read {
  const inBody = shape.members.filter((member) => member.location === undefined);
  switch (name) {
    case "restXml":
    case "awsQuery":
    case "ec2Query":
      return (body) => xmlMembersReader(shape, inBody)(errorElement(body));
    case "rpcv2Cbor":
      return cborInSeconds.reader(shape);
    default:
      return jsonMembersReader(shape, inBody);
  }
}

function errorElement(body: Buffer): XmlElement {
  const root = xmlOf(body);
  return childOf(root, "Error") ?? childOf(childOf(root, "Errors")!, "Error")!;
}

function codeIn(body: Buffer, name: string): string | undefined {
  if (body.length === 0) return undefined;
  switch (name) {
    case "restJson1":
      return undefined;
    case "restXml":
    case "awsQuery":
    case "ec2Query":
      return childOf(errorElement(body), "Code")?.text;
    default: {
      const tree = (name === "rpcv2Cbor" ? decodeCbor(body) : JSON.parse(String(body))) as Record<
        string,
        string
      >;
      return tree.__type?.split("#").at(-1)?.split(":")[0];
    }
  }
}
