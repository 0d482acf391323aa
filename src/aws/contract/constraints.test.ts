import { describe, expect, test } from "vitest";
import type { Dialect } from "./constraint-words.ts";
import { type Violation, violationMessage, violations } from "./constraints.ts";
import { link } from "./contract.ts";
import type { ShapeEntry } from "./format.ts";

function violationsOf(
  shapes: Record<string, ShapeEntry>,
  input: object,
  dialect: Dialect = "coral",
): Violation[] {
  const contract = link({
    service: "test",
    serviceId: "Test",
    apiVersion: "2026-01-01",
    protocols: ["awsJson1_1"],
    signingName: "test",
    endpointPrefix: "test",
    operations: { Do: { input: "Input" } },
    shapes,
  });
  return violations(contract.operation("Do")!.input, input, dialect);
}

function messageOf(shapes: Record<string, ShapeEntry>, input: object, dialect: Dialect = "coral"): string {
  return violationMessage(violationsOf(shapes, input, dialect), dialect);
}

const tag: Record<string, ShapeEntry> = {
  Input: { type: "structure", members: { Tags: "Tags", Name: "Name" }, required: ["Name"] },
  Tags: { type: "list", member: "Tag", max: 2 },
  Tag: { type: "structure", members: { Key: "Key", Value: "$string" }, required: ["Key"] },
  Key: { type: "string", min: 1, max: 4 },
  Name: { type: "string", min: 3, max: 255, pattern: "[a-zA-Z0-9_.-]+" },
};

describe("V1: Coral's wording", () => {
  test("a valid input has no violations", () => {
    expect(violationsOf(tag, { Name: "users", Tags: [{ Key: "a" }] })).toEqual([]);
  });

  test("a missing member is null, unquoted, with a lower-case first letter", () => {
    expect(messageOf(tag, {})).toBe(
      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
  });

  test("several violations are counted and separated by semicolons", () => {
    expect(messageOf(tag, { Name: "" })).toBe(
      "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must satisfy regular " +
        "expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'name' failed to satisfy constraint: Member must have " +
        "length greater than or equal to 3",
    );
  });

  test("the path to a structure in a list has an index and `member`", () => {
    expect(violationsOf(tag, { Name: "abc", Tags: [{ Key: "a" }, { Key: "abcde" }] })).toEqual([
      {
        path: "tags.2.member.key",
        message:
          "Value 'abcde' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 4",
      },
    ]);
  });

  test("a list has a length, and is printed as in Java", () => {
    expect(messageOf(tag, { Name: "abc", Tags: [{ Key: "a" }, { Key: "b" }, { Key: "c" }] })).toBe(
      "1 validation error detected: Value '[Tag(key=a, value=null), Tag(key=b, value=null), Tag(key=c, value=null)]' at 'tags' failed to satisfy " +
        "constraint: Member must have length less than or equal to 2",
    );
  });

  test("scalars in a list are checked together", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { TagKeys: "Keys" } },
      Keys: { type: "list", member: "Key" },
      Key: { type: "string", min: 1, max: 4, pattern: "[a-z]*" },
    };
    expect(messageOf(shapes, { TagKeys: ["ok", "", "abcde"] })).toBe(
      "1 validation error detected: Value '[ok, , abcde]' at 'tagKeys' failed to satisfy constraint: Member must " +
        "satisfy constraint: [Member must have length less than or equal to 4, Member must have length greater than " +
        "or equal to 1, Member must satisfy regular expression pattern: [a-z]*]",
    );
  });

  test("keys and values of a map are checked together; the path to a structure in a map has its key", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Weights: "Weights", Rows: "Rows" } },
      Weights: { type: "map", key: "Key", value: "Weight" },
      Rows: { type: "map", key: "$string", value: "Row" },
      Row: { type: "structure", members: { Id: "$string" }, required: ["Id"] },
      Key: { type: "string", max: 2 },
      Weight: { type: "double", min: 0, max: 1 },
    };
    expect(
      violationsOf(shapes, { Weights: { abc: 2 }, Rows: { first: {} } }).map(({ message }) => message),
    ).toEqual([
      "Value '{abc=2}' at 'weights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 2]",
      "Value '{abc=2}' at 'weights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0]",
      "Value null at 'rows.first.member.id' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test("an enum is in the model's order, a number has a value", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Type: "Type", Limit: "Limit" } },
      Type: { type: "string", enum: ["ON", "OFF"] },
      Limit: { type: "integer", min: 1 },
    };
    expect(messageOf(shapes, { Type: "MAYBE", Limit: 0 })).toBe(
      "2 validation errors detected: Value 'MAYBE' at 'type' failed to satisfy constraint: Member must satisfy enum " +
        "value set: [ON, OFF]; Value '0' at 'limit' failed to satisfy constraint: Member must have value greater " +
        "than or equal to 1",
    );
  });

  test("members in hash order have all their violations together, wherever the list of members has them", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: {
        type: "structure",
        members: { TableName: "Name", Key: "$string", IndexName: "IndexName" },
        required: ["TableName", "Key"],
      },
      Name: { type: "string", min: 3, pattern: "[a-z]+" },
      IndexName: { type: "string", min: 3, pattern: "[a-z]+" },
    };
    const paths = (input: object) => violationsOf(shapes, input, "coral-hashed").map(({ path }) => path);
    expect(paths({ TableName: "", IndexName: "" })).toEqual([
      "indexName",
      "indexName",
      "key",
      "tableName",
      "tableName",
    ]);
    expect(messageOf(shapes, { TableName: "abc", Key: "", IndexName: "" }, "coral-hashed")).toMatch(
      /^2 validation errors detected: .*length greater than or equal to 3; .*regular expression/,
    );
  });

  test("bytes and secrets are not printed", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Data: "Data", Password: "Password" } },
      Data: { type: "blob", max: 1 },
      Password: { type: "string", min: 8, sensitive: true },
    };
    expect(messageOf(shapes, { Data: new Uint8Array(2), Password: "secret" })).toBe(
      "2 validation errors detected: Value at 'data' failed to satisfy constraint: Member must have length less than " +
        "or equal to 1; Value at 'password' failed to satisfy constraint: Member must have length greater than or " +
        "equal to 8",
    );
  });

  test("nothing in a sensitive structure is printed, at any depth", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Secret: "Secret" } },
      Secret: { type: "structure", members: { Plain: "Plain" }, sensitive: true },
      Plain: { type: "structure", members: { Size: "Size" } },
      Size: { type: "integer", max: 1 },
    };
    expect(messageOf(shapes, { Secret: { Plain: { Size: 2 } } })).toBe(
      "1 validation error detected: Value at 'secret.plain.size' failed to satisfy constraint: Member must have " +
        "value less than or equal to 1",
    );
  });

  test("a recursive shape", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Root: "Node" } },
      Node: { type: "structure", members: { Name: "Name", Next: "Node" }, required: ["Name"] },
      Name: { type: "string", max: 1 },
    };
    expect(
      violationsOf(shapes, { Root: { Name: "a", Next: { Next: { Name: "ab" } } } }).map(({ path }) => path),
    ).toEqual(["root.next.name", "root.next.next.name"]);
  });

  test("V5: a pattern is a full match", () => {
    const shapes: Record<string, ShapeEntry> = {
      Input: { type: "structure", members: { Id: "Id" } },
      Id: { type: "string", pattern: "a|b" },
    };
    expect(violationsOf(shapes, { Id: "ab" })).toHaveLength(1);
    expect(violationsOf(shapes, { Id: "b" })).toEqual([]);
  });
});

describe("V1: Smithy's wording", () => {
  const shapes: Record<string, ShapeEntry> = {
    Input: {
      type: "structure",
      members: { blob: "Blob", level: "Level", tags: "Tags", name: "Name", map: "Map" },
      required: ["name"],
    },
    Blob: { type: "blob", min: 2, max: 70 },
    Level: { type: "integer", min: 2, max: 8 },
    Tags: { type: "list", member: "Tag" },
    Tag: { type: "string", enum: ["abc", "def"] },
    Map: { type: "map", key: "$string", value: "Short" },
    Short: { type: "string", max: 2 },
    Name: { type: "string", pattern: "^[a-m]+$" },
  };

  test("the path has slashes, a length is printed, bounds are one constraint", () => {
    expect(messageOf(shapes, { name: "a", blob: new Uint8Array(1) }, "smithy")).toBe(
      "1 validation error detected. Value with length 1 at '/blob' failed to satisfy constraint: Member must have " +
        "length between 2 and 70 inclusive",
    );
  });

  test("violations are also listed separately, for the field list", () => {
    expect(violationsOf(shapes, { level: 9, tags: ["abc", "x"], map: { k: "long" } }, "smithy")).toEqual([
      { path: "/name", message: "Value at '/name' failed to satisfy constraint: Member must not be null" },
      {
        path: "/level",
        message: "Value at '/level' failed to satisfy constraint: Member must be between 2 and 8 inclusive",
      },
      {
        path: "/tags/1",
        message:
          "Value at '/tags/1' failed to satisfy constraint: Member must satisfy enum value set: [abc, def]",
      },
      {
        path: "/map/k",
        message:
          "Value with length 4 at '/map/k' failed to satisfy constraint: Member must have length less than or equal to 2",
      },
    ]);
  });

  test("a length counts characters, not UTF-16 units", () => {
    expect(violationsOf(shapes, { name: "a", map: { k: "😀😀" } }, "smithy")).toEqual([]);
    expect(violationsOf(shapes, { name: "a", map: { k: "😀😀" } }, "coral")).toHaveLength(1);
  });
});

test.each<Dialect>(["coral", "smithy"])("%s: the message is bounded", (dialect) => {
  const shapes: Record<string, ShapeEntry> = {
    Input: { type: "structure", members: { Tags: "Tags", Named: "Named" } },
    Tags: { type: "list", member: "Tag", max: 2 },
    Tag: { type: "structure", members: { Key: "Key", Value: "$string" }, required: ["Key"] },
    Key: { type: "string", min: 1, max: 4 },
    Named: { type: "map", key: "$string", value: "Tag" },
  };
  const long = "x".repeat(300_000);
  const Tags = Array.from({ length: 1_000 }, () => ({ Key: long, Value: long }));
  expect(violationsOf(shapes, { Tags, Named: { [long]: {} } }, dialect)).toHaveLength(10);
  expect(messageOf(shapes, { Tags }, dialect).length).toBeLessThan(2_100_000);
  expect(messageOf(shapes, { Named: { [long]: {} } }, dialect).length).toBeLessThan(500_000);
});
