import { expect, test } from "vitest";
import { nameViolations } from "./names.ts";

const puts = (count: number, TableName: string) =>
  Array.from({ length: count }, () => ({ Put: { TableName } }));

test("violations of a transaction's table names are collected up to the number that is reported", () => {
  const found = nameViolations("TransactWriteItems", { TransactItems: puts(1_000, "abc;") });
  expect(found.map(({ path }) => path)).toEqual(
    Array.from({ length: 10 }, (_, at) => `transactItems.${at + 1}.member.put.tableName`),
  );
});

test("a name of a wrong length is reported alone, regardless of how many violations precede it", () => {
  const items = [...puts(11, "abc;"), ...puts(1, "a")];
  expect(() => nameViolations("TransactWriteItems", { TransactItems: items })).toThrow(
    "TableName must be at least 3 characters long and at most 255 characters long",
  );
});
