import { expect, test } from "vitest";
import { inHeader, redirectTarget } from "./routing.ts";

const visit = (key: string) => ({ scheme: "http", host: "site.localhost:4566", key });

test("a rule on an error applies after the error, other rules before", () => {
  const late = { Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { ReplaceKeyWith: "late" } };
  const early = { Condition: { KeyPrefixEquals: "a/" }, Redirect: { ReplaceKeyWith: "early" } };
  expect(redirectTarget([late, early], visit("a/b"), undefined)?.location).toBe(
    "http://site.localhost:4566/early",
  );
  expect(redirectTarget([late, early], visit("b"), undefined)).toBeUndefined();
  expect(redirectTarget([late, early], visit("b"), 404)?.location).toBe("http://site.localhost:4566/late");
  expect(redirectTarget([late, early], visit("b"), 403)).toBeUndefined();
});

test("text of a rule is used verbatim, text of the request is encoded", () => {
  const rule = { Condition: { KeyPrefixEquals: "k/" }, Redirect: { ReplaceKeyPrefixWith: "?k=é&x=" } };
  expect(redirectTarget([rule], visit("k/a b/?&é"), undefined)?.location).toBe(
    "http://site.localhost:4566/?k=%C3%A9&x=a%20b/%3F%26%C3%A9",
  );
});

test("no input can inject a header", () => {
  expect(inHeader("a\r\nb: c\u{1F600}")).toBe("a%0D%0Ab:%20c%F0%9F%98%80");
  expect(inHeader("\ud800")).toBe("%EF%BF%BD");
});
