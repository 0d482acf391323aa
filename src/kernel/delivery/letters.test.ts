import { expect, test } from "vitest";
import { TEST_PLACE, TEST_START, testCloud } from "../testing.ts";

test("the newest thousand letters are kept, newest first, until they are cleared", async () => {
  const { cloud, close } = await testCloud([]);
  for (let i = 0; i < 1_003; i++)
    await cloud.letters.put({ kind: "email", service: "sns", to: "a@example.com", body: `${i}` }, TEST_PLACE);
  const [newest, second] = await cloud.letters.list(2);
  expect(newest).toMatchObject({ to: "a@example.com", body: "1002", time: TEST_START, ...TEST_PLACE });
  expect(second!.body).toBe("1001");
  const all = await cloud.letters.list(1_000);
  expect(all.at(-1)!.body).toBe("3");
  await cloud.letters.clear();
  expect(await cloud.letters.list(1)).toEqual([]);
  await close();
});
