import { expect, test } from "vitest";
import { distil } from "./distil.ts";
import type { BotocoreModel, ModelMetadata, ModelShape } from "./model.ts";
import { type Override, overridden, withoutDropped } from "./override.ts";
import { renderContract } from "./render.ts";

const model = (shapes: Record<string, ModelShape>, metadata: ModelMetadata = {}): BotocoreModel => ({
  metadata: { protocol: "json", jsonVersion: "1.1", endpointPrefix: "small", ...metadata },
  operations: {
    Put: {
      name: "Put2026",
      http: { method: "PUT", requestUri: "/{Id}", responseCode: 201 },
      input: { shape: "PutInput" },
    },
    Get: { name: "Get", http: { method: "POST", requestUri: "/", responseCode: 200 } },
  },
  shapes: { PutInput: { type: "structure", members: {} }, ...shapes },
});

test("operations are sorted, and say only what is not usual", () => {
  const { operations } = distil("small", model({}));
  expect(JSON.stringify(operations)).toBe(
    '{"Get":{},"Put":{"http":["PUT","/{Id}"],"status":201,"input":"PutInput","wireName":"Put2026"}}',
  );
});

test("keeps what operations reach and every error; scalars without traits need no entry", () => {
  const { shapes } = distil(
    "small",
    model({
      PutInput: {
        type: "structure",
        members: { Id: { shape: "Id" }, Tags: { shape: "Tags" } },
        required: ["Id"],
      },
      Id: { type: "string" },
      Tags: { type: "list", member: { shape: "Tag", locationName: "Tag" }, max: 50 },
      Tag: { type: "string", max: 128 },
      Forgotten: { type: "structure", members: {} },
      Broken: { type: "structure", members: {}, exception: true, error: { httpStatusCode: 503 } },
    }),
  );
  expect(shapes).toEqual({
    Broken: { type: "structure", members: {}, error: { status: 503, fault: true } },
    PutInput: { type: "structure", members: { Id: "$string", Tags: "Tags" }, required: ["Id"] },
    Tag: { type: "string", max: 128 },
    Tags: { type: "list", member: "Tag", memberName: "Tag", max: 50 },
  });
});

test("members say where they travel and under which name", () => {
  const { shapes } = distil(
    "small",
    model({
      PutInput: {
        type: "structure",
        members: {
          Id: { shape: "Id", location: "uri", locationName: "Id" },
          Limit: { shape: "Id", location: "querystring", locationName: "limit" },
          Other: { shape: "Id", xmlNamespace: "http://example.com/" },
        },
      },
      Id: { type: "string" },
    }),
  );
  expect(shapes.PutInput).toMatchObject({
    members: {
      Id: ["$string", { location: "uri" }],
      Limit: ["$string", { location: "query", name: "limit" }],
      Other: ["$string", { xmlNamespace: { uri: "http://example.com/" } }],
    },
  });
});

test("an overlay gives back what the model has lost", () => {
  const { shapes } = distil(
    "small",
    model(
      {
        PutInput: { type: "structure", members: { Names: { shape: "Names" } } },
        Names: { type: "list", member: { shape: "Name" }, flattened: true },
        Name: { type: "string" },
        Gone: { type: "structure", members: {}, exception: true },
      },
      { awsQueryCompatible: {} },
    ),
    {
      structures: {
        PutInput: { members: { Names: { name: "Name", flattened: true } } },
        Gone: { queryError: { code: "Small.Gone", status: 404 } },
      },
    },
  );
  expect(shapes.PutInput).toMatchObject({
    members: { Names: ["Names", { name: "Name", flattened: true }] },
  });
  expect(shapes.Gone).toMatchObject({ error: { code: "Small.Gone", queryStatus: 404 } });
});

test("protocols by their names; an unknown one stops the generator", () => {
  const protocols = (metadata: ModelMetadata) => distil("small", model({}, metadata)).protocols;
  expect(protocols({})).toEqual(["awsJson1_1"]);
  expect(protocols({ protocols: ["smithy-rpc-v2-cbor", "json", "query"], jsonVersion: "1.0" })).toEqual([
    "rpcv2Cbor",
    "awsJson1_0",
    "awsQuery",
  ]);
  expect(() => protocols({ protocol: "carrier-pigeon" })).toThrow("carrier-pigeon");
});

test("overrides drop operations and change entries, and fail when what they speak of is gone", () => {
  const dropped = distil("small", withoutDropped(model({}), { drop: ["Put"] }));
  expect(Object.keys(dropped.operations)).toEqual(["Get"]);
  expect(dropped.shapes).toEqual({});
  expect(() => withoutDropped(model({}), { drop: ["Post"] })).toThrow("Post");

  const changed = overridden(dropped, {
    service: { validation: "none" },
    operations: { Get: { status: 202 } },
  });
  expect(changed).toMatchObject({ validation: "none", operations: { Get: { status: 202 } } });
  expect(() => overridden(dropped, { shapes: { PutInput: { sensitive: true } } })).toThrow("PutInput");
});

test("an override adds a member that the sources lack, until they have it", () => {
  const small = distil("small", model({}));
  const override = { added: { "PutInput.Code": ["$integer", { location: "status" }] } } satisfies Override;
  const extended = overridden(small, override);
  expect(extended.shapes.PutInput).toMatchObject({ members: { Code: ["$integer", { location: "status" }] } });
  expect(() => overridden(extended, override)).toThrow("PutInput.Code");
  expect(() => overridden(small, { added: { "Gone.Code": ["$integer", {}] } })).toThrow("Gone");
});

test("is written one line per operation and shape", () => {
  const text = renderContract(distil("small", model({})));
  expect(text.split("\n")).toEqual([
    expect.stringContaining('"service":"small"'),
    '"operations":{',
    '"Get":{},',
    expect.stringMatching(/^"Put":\{.*\}$/),
    "},",
    '"shapes":{',
    '"PutInput":{"type":"structure","members":{}}',
    "}}",
    "",
  ]);
  expect(JSON.parse(text).shapes.PutInput.type).toBe("structure");
});

test("an override puts members into the order of documents, and fails when one of them is gone", () => {
  const small = distil("small", model({}));
  const widened = overridden(small, { added: { "PutInput.Code": ["$integer", {}] } });
  const turned = overridden(widened, { ordered: { PutInput: ["Code"] } });
  const membersOf = ({ shapes }: typeof small) =>
    Object.keys((shapes.PutInput as { members: object }).members);
  expect(membersOf(turned)).toEqual(["Code", ...membersOf(small)]);
  expect(() => overridden(small, { ordered: { PutInput: ["Code"] } })).toThrow("PutInput.Code");
  expect(() => overridden(small, { ordered: { Gone: [] } })).toThrow("Gone");
});
