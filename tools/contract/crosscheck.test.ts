import { expect, test } from "vitest";
import { crosscheck } from "./crosscheck.ts";
import { distil } from "./distil.ts";
import type { BotocoreModel } from "./model.ts";
import { overlayOf } from "./overlay.ts";
import { readSchemas } from "./sdk.ts";

const schemas = readSchemas(`
const _xN = "xmlName", _xF = "xmlFlattened", _aQE = "awsQueryError", _e = "error", _hE = "httpError";
const n0 = "com.amazonaws.small";
import { TypeRegistry } from "@smithy/core/schema";
import { Gone, } from "../models/errors";
const n0_registry = new TypeRegistry(n0);
export var Gone$ = [-3, n0, "Gone",
    { [_aQE]: ["Small.Gone", 404], [_e]: "client", [_hE]: 404 },
    ["message"],
    [0]
];
n0_registry.registerError(Gone$, Gone);
export const errorTypeRegistries = [
    n0_registry,
];
var __Unit = "unit";
export var ListInput$ = [3, n0, "ListInput", 0,
    ["Names", "Self", "Size"],
    [[() => Names, { [_xF]: 1, [_xN]: "Name" }], () => ListInput$, 1], 1
];
var Names = [1, n0, "Names", 0, [0, { [_xN]: "Entry" }]];
export var List$ = [9, n0, "List", 0, () => ListInput$, () => __Unit];
`);

const model = (sizeType: string): BotocoreModel => ({
  metadata: { protocol: "query", endpointPrefix: "small" },
  operations: { List: { name: "List", input: { shape: "ListInput" } } },
  shapes: {
    ListInput: {
      type: "structure",
      members: { Names: { shape: "Names" }, Self: { shape: "ListInput" }, Size: { shape: "Size" } },
      required: ["Names"],
    },
    Names: { type: "list", member: { shape: "Text" }, flattened: true },
    Text: { type: "string" },
    Size: { type: sizeType },
    Gone: { type: "structure", members: {}, exception: true },
  },
});

test("finds each difference on the wire", () => {
  expect(crosscheck(distil("small", model("string")), schemas)).toEqual([
    "ListInput.Names element: Names, in the SDK Name",
    "ListInput.Size type: string, in the SDK number",
    "Gone code: Gone, in the SDK Small.Gone",
    "Gone status: 400, in the SDK 404",
  ]);
});

test("an overlay of the same schemas mends what is lost", () => {
  const mended = distil("small", model("integer"), overlayOf(schemas, "names"));
  expect(crosscheck(mended, schemas)).toEqual(["Gone status: 400, in the SDK 404"]);
  expect(mended.shapes).toMatchObject({
    ListInput: { members: { Names: ["Names", { name: "Name", flattened: true }] } },
    Names: { memberName: "Entry" },
  });
});
