import { expect, test } from "vitest";
import { random } from "#lib/random.ts";
import { accessKeyId, accountOf } from "./access-key-id.ts";

/** Of AWS: https://awsteele.com/blog/2020/09/26/aws-access-key-format.html, and Tal Be'ery on the same format. */
test.each([
  ["ASIAY34FZKBOKMUTVV7A", "609629065308"],
  ["ASIAQNZGKIQY56JQ7WML", "029608264753"],
])("%s belongs to account %s", (id, account) => {
  expect(accountOf(id)).toBe(account);
});

test.each(["000000000000", "000000000001", "111122223333", "999999999999"])(
  "a key that is made for account %s belongs to it",
  (account) => {
    const source = random(1);
    for (const prefix of ["AKIA", "ASIA"] as const) {
      const ids = Array.from({ length: 100 }, () => accessKeyId(prefix, account, source));
      expect(new Set(ids).size).toBe(100);
      for (const id of ids) {
        expect(id).toMatch(new RegExp(`^${prefix}[A-Z2-7]{16}$`));
        expect(accountOf(id)).toBe(account);
      }
    }
  },
);

test.each([
  ["an old id", "AKIAIOSFODNN7EXAMPLE"],
  ["a number that is no account", "AKIA7777777777777777"],
  ["an id of a role", "AROAQNZGKIQY56JQ7WML"],
  ["a short id", "ASIAQNZGKIQY56JQ7WM"],
  ["a long id", "ASIAQNZGKIQY56JQ7WMLA"],
  ["small letters", "asiaqnzgkiqy56jq7wml"],
  ["another text", "somebodys-access-key"],
])("%s has no account", (_, id) => {
  expect(accountOf(id)).toBeUndefined();
});
