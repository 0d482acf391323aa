import { expect, test } from "vitest";
import { inJavaMap } from "./java-map.ts";

const order = (names: string[], places?: number) => inJavaMap(names, (name) => name, places);

test("names are ordered by their hashes", () => {
  expect(order(["pk", "sk", "a"])).toEqual(["a", "sk", "pk"]);
});

test("a map of small capacity has few buckets, and within a bucket the first inserted is first", () => {
  expect(order(["pk", "sk", "a", "b", "c"], 5)).toEqual(["sk", "a", "b", "pk", "c"]);
  expect(order(["pk", "sk"], 2)).toEqual(["sk", "pk"]);
});

test("a map that is three quarters full doubles its buckets", () => {
  const names = Array.from({ length: 13 }, (_, at) => `x${at}`);
  expect(order(names)).toEqual(order(names, 32));
  expect(order(["ProductName", "ProductId", "CreatedTime", "ProductDescription"], 4)).toEqual([
    "ProductId",
    "CreatedTime",
    "ProductDescription",
    "ProductName",
  ]);
});
