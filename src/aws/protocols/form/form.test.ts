import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import type { ShapeEntry } from "../../contract/format.ts";
import { protocol } from "../index.ts";
import { operationOf, requestOf } from "../testing.ts";

const shapes: Record<string, ShapeEntry> = {
  Input: {
    type: "structure",
    members: {
      Name: "$string",
      Count: "$integer",
      List: "List",
      Named: "Named",
      Flat: ["List", { flattened: true }],
      Map: "Map",
      Inner: "Input",
    },
  },
  List: { type: "list", member: "$string" },
  Named: { type: "list", member: "Input", memberName: "Each" },
  Map: { type: "map", key: "$string", value: "$string" },
};
const operation = operationOf(shapes, { protocols: ["awsQuery"] });
const read = (body: string, query: [string, string][] = []) =>
  protocol("awsQuery").decode(operation, requestOf({ body, query }));

describe("W2: a form", () => {
  test.each<[string, object]>([
    ["Name=a+b%20%C3%BC&Unknown=1", { Name: "a b ü" }],
    ["List.member.2=b&List.member.1=a&List.member.10=c", { List: ["a", "b", "c"] }],
    ["List=", { List: [] }],
    ["Flat.1=a&Flat.2=b", { Flat: ["a", "b"] }],
    ["Named.Each.1.Name=a&Named.member.1.Name=b", { Named: [{ Name: "a" }] }],
    ["Named.member.1.Inner.Name=b", { Named: [{ Inner: { Name: "b" } }] }],
    ["Map.entry.1.key=k&Map.entry.1.value=v", { Map: { k: "v" } }],
    ["Name=x=y&&", { Name: "x=y" }],
    ["Name", { Name: "" }],
  ])("%s", (body, input) => expect(read(body)).toEqual(input));

  test("may be in the query string", () => {
    expect(
      read("", [
        ["Action", "Do"],
        ["Name", "a"],
      ]),
    ).toEqual({ Name: "a" });
  });

  test("an entry's number determines its position, not the length", () => {
    expect(read("List.member.999999999=b&List.member.3=a")).toEqual({ List: ["a", "b"] });
  });

  test("W8: __proto__ is an ordinary key, in a path and in a map", () => {
    expect(read("__proto__.Name=a&Map.entry.1.key=__proto__&Map.entry.1.value=v")).toEqual({
      Map: Object.fromEntries([["__proto__", "v"]]),
    });
  });

  test.each([
    ["Name=%zz", "MalformedQueryString"],
    ["Name=%ff", "MalformedQueryString"],
    [`${"a.".repeat(100_000)}b=1`, "MalformedQueryString"],
    ["a=1&".repeat(30_001), "MalformedQueryString"],
    [Array.from({ length: 2_000 }, (_, i) => `${i}${".a".repeat(60)}=1`).join("&"), "MalformedQueryString"],
    ["Count=many", "MalformedInput"],
    ["Name.member.1=a", "MalformedInput"],
    ["List.member.x=a", "MalformedInput"],
    ["List.member.99999999999999999999=a", "MalformedInput"],
    ["Map.entry.1.key=k", "MalformedInput"],
  ])("%# is rejected", (body, code) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code, status: 400 }));
  });

  test("as many parameters are accepted as AWS's largest call can have", () => {
    const body = Array.from({ length: 30_000 }, (_, i) => `List.member.${i + 1}=a`).join("&");
    expect((read(body) as { List: string[] }).List).toHaveLength(30_000);
    expect(read("&".repeat(100_000))).toEqual({});
  });

  test("SQS: flattened lists and maps by their former names", () => {
    const send = loadContract("sqs").operation("SendMessage")!;
    const body =
      "Action=SendMessage&QueueUrl=u&MessageBody=b&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String" +
      "&MessageAttribute.1.Value.StringValue=v";
    expect(protocol("awsQuery").decode(send, requestOf({ body }))).toEqual({
      QueueUrl: "u",
      MessageBody: "b",
      MessageAttributes: { n: { DataType: "String", StringValue: "v" } },
    });
  });

  test("EC2: every list is flat, and has its own names", () => {
    const describeInstances = loadContract("ec2").operation("DescribeInstances")!;
    const body = "InstanceId.1=i-1&InstanceId.2=i-2&Filter.1.Name=tag&Filter.1.Value.1=a&Filter.1.Value.2=b";
    expect(protocol("ec2Query").decode(describeInstances, requestOf({ body }))).toEqual({
      InstanceIds: ["i-1", "i-2"],
      Filters: [{ Name: "tag", Values: ["a", "b"] }],
    });
  });

  test("any map of texts survives encoding and decoding", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })), (map) => {
        const pairs = Object.entries(map).flatMap(([key, value], i) => [
          [`Map.entry.${i + 1}.key`, key],
          [`Map.entry.${i + 1}.value`, value],
        ]);
        const { Map: read_ = {} } = read(new URLSearchParams(pairs).toString()) as { Map?: object };
        expect(Object.entries(read_)).toEqual(Object.entries(map));
      }),
    );
  });
});
