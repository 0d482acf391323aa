import { describe, expect, test } from "vitest";
import { isBody } from "./bodies.ts";
import { excludedInputs } from "./excluded.ts";
import { type Case, cases, comparable, toHandlerValue, vectorsAreMissing } from "./vectors.ts";

const all = cases("input");

describe.skipIf(vectorsAreMissing)("a serialized request decodes to the input parameters", () => {
  for (const each of all) {
    const reason = excludedInputs[each.id];
    if (reason === undefined) test(each.id, () => decodes(each));
    else test(`${each.id} is excluded: ${reason}`, () => expect(decodes(each)).rejects.toThrow());
  }

  test("every excluded case exists", () => {
    const ids = new Set(all.map(({ id }) => id));
    expect(Object.keys(excludedInputs).filter((id) => !ids.has(id))).toEqual([]);
  });
});

async function decodes({ operation, protocol, params, serialized }: Case): Promise<void> {
  const { method, uri = "/", headers = {}, body = "" } = serialized!;
  const [path = "", query = ""] = uri.split("?");
  const decoded = protocol.decode(operation, {
    method,
    query: [...new URLSearchParams(query)],
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    labels: labelsOf(operation.uri, path),
    body: Buffer.from(body, protocol.name === "rpcv2Cbor" ? "base64" : "utf8"),
  });
  for (const [name, value] of Object.entries(decoded)) {
    if (!isBody(value)) continue;
    const bytes = await value.bytes(1024);
    if (bytes.length === 0) delete decoded[name];
    else decoded[name] = bytes;
  }
  expect(comparable(decoded)).toEqual(comparable(toHandlerValue(operation.input, params)));
}

function labelsOf(template: string, path: string): Record<string, string> {
  const names: string[] = [];
  const parts = template.split("?")[0]!.matchAll(/\{(\w+)(\+?)\}|[^{]+/g);
  const pattern = [...parts].map(([literal, name, greedy]) => {
    if (name === undefined) return RegExp.escape(literal);
    names.push(name);
    return greedy ? "(.+)" : "([^/]+)";
  });
  const match = new RegExp(`^${pattern.join("")}$`).exec(path) ?? [];
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? "")]));
}
