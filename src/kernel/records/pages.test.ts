import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { SEAL_KEY_BYTES, sealer } from "../secrets/seal.ts";
import { TEST_PLACE } from "../testing.ts";
import { type PageRequest, page } from "./pages.ts";

const ctx = { ...TEST_PLACE, seal: sealer(Buffer.alloc(SEAL_KEY_BYTES)) } as unknown as Context;
const COUNT = 25_000;

/**
 * A listing of the numbers from 1 on, with the number of records read in total and the largest single read.
 */
function numbers(request: Partial<PageRequest<number>>) {
  let read = 0;
  let mostAtOnce = 0;
  const list = async ({ after, limit }: { after?: readonly (string | number)[]; limit: number }) => {
    const first = Number(after?.[0] ?? 0) + 1;
    const found = Array.from({ length: Math.min(limit, COUNT - first + 1) }, (_, n) => first + n);
    read += found.length;
    mostAtOnce = Math.max(mostAtOnce, found.length);
    return found;
  };
  const answer = (token: string | undefined) =>
    page<number>(ctx, {
      listing: ["numbers"],
      limit: 3,
      list,
      position: (number) => [number],
      invalidToken: () => {
        throw new Error("invalid token");
      },
      token,
      ...request,
    });
  return { answer, read: () => read, mostAtOnce: () => mostAtOnce };
}

test("a page is filled with matching records, however sparse, and its token continues after them", async () => {
  const { answer } = numbers({ fits: (number) => number % 1_000 === 0 });
  const first = await answer(undefined);
  expect(first.records).toEqual([1_000, 2_000, 3_000]);
  expect((await answer(first.token)).records).toEqual([4_000, 5_000, 6_000]);
});

test("where every record matches, one record more than a page is read", async () => {
  const { answer, read } = numbers({});
  expect((await answer(undefined)).records).toEqual([1, 2, 3]);
  expect(read()).toBe(4);
});

test("a page with few matches is short rather than slow, and the next one continues", async () => {
  const { answer, read } = numbers({ fits: (number) => number === 24_000 });
  const pages = [await answer(undefined)];
  expect(read()).toBeLessThan(10_000);
  for (let token = pages[0]!.token; token !== undefined; token = pages.at(-1)!.token)
    pages.push(await answer(token));
  expect(pages.map(({ records }) => records)).toEqual([[], [], [24_000]]);
});

test("sparse matches are searched in small reads, since records may be large", async () => {
  const { answer, mostAtOnce } = numbers({ fits: (number) => number === 24_000 });
  await answer(undefined);
  expect(mostAtOnce()).toBe(100);
});

test("the last page has no token, even if more records follow that do not match", async () => {
  const { answer } = numbers({ fits: (number) => number === 1 });
  const first = await answer(undefined);
  expect(first.records).toEqual([1]);
  let { token } = first;
  while (token !== undefined) {
    const next = await answer(token);
    expect(next.records).toEqual([]);
    token = next.token;
  }
});
