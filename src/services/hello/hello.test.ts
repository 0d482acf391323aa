import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Metric, ServiceEvent } from "#kernel/ports.ts";
import { TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import { hello } from "./service.ts";

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([hello]);
});
afterEach(() => nube.close());

const create = (Name: string, Language?: "en" | "fr") =>
  nube.aws.hello.CreateGreeting({ Name, Text: "Hello", ...(Language && { Language }) });

describe("a greeting", () => {
  test("is described as it was created", async () => {
    const { Greeting } = await create("world");
    expect(Greeting).toEqual({
      Name: "world",
      Arn: "arn:aws:hello:us-east-1:000000000000:greeting/world",
      Text: "Hello",
      Language: "en",
      Status: "LEARNING",
      TimesSaid: 0,
      CreatedAt: new Date(TEST_START),
    });
    expect(await nube.aws.hello.GetGreeting({ Name: "world" })).toEqual({ Greeting });
  });

  test("has a unique name in its Region", async () => {
    await create("world");
    await expect(create("world")).rejects.toMatchObject({ code: "GreetingAlreadyExistsException" });
    const elsewhere = nube.as(
      { type: "root", account: "0".repeat(12), arn: "", id: "" },
      { region: "eu-west-1" },
    );
    await elsewhere.hello.CreateGreeting({ Name: "world", Text: "Guten Tag" });
    expect(await nube.aws.hello.GetGreeting({ Name: "world" })).toMatchObject({
      Greeting: { Text: "Hello" },
    });
  });

  test("is gone once it is deleted", async () => {
    await create("world");
    await nube.aws.hello.DeleteGreeting({ Name: "world" });
    const missing = { code: "GreetingNotFoundException", message: "Greeting world does not exist." };
    await expect(nube.aws.hello.GetGreeting({ Name: "world" })).rejects.toMatchObject(missing);
    await expect(nube.aws.hello.DeleteGreeting({ Name: "world" })).rejects.toMatchObject(missing);
  });

  test("is validated by its model before anything else", async () => {
    await expect(nube.aws.hello.GetGreeting({ Name: "two words" })).rejects.toMatchObject({
      code: "ValidationException",
      message:
        "1 validation error detected: Value 'two words' at 'name' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    });
  });
});

describe("learning", () => {
  const statusAfter = async (span: string) => {
    await nube.advance(span);
    return (await nube.aws.hello.GetGreeting({ Name: "world" })).Greeting.Status;
  };

  test("takes five seconds", async () => {
    await create("world");
    expect(await statusAfter("4s")).toBe("LEARNING");
    expect(await statusAfter("1s")).toBe("READY");
  });

  test("starts again with another text", async () => {
    await create("world");
    await nube.advance("3s");
    await nube.aws.hello.UpdateGreeting({ Name: "world", Text: "Good day" });
    expect(await statusAfter("3s")).toBe("LEARNING");
    expect(await statusAfter("2s")).toBe("READY");
  });
});

test("SayHello responds at once; the saying is counted, and sent as a metric and an event", async () => {
  const metrics: Metric[] = [];
  const events: ServiceEvent[] = [];
  nube.cloud.ports.sinks.metric = async (_, batch) => void metrics.push(...batch);
  nube.cloud.ports.sinks.event = async (_, batch) => void events.push(...batch);
  await create("world");
  await expect(nube.aws.hello.SayHello({ Name: "world", To: "you" })).rejects.toMatchObject({
    code: "GreetingNotReadyException",
  });
  await nube.advance("5s");
  const { SayingId } = await nube.aws.hello.SayHello({ Name: "world", To: "you" });
  await nube.advance("1s");
  expect(await nube.aws.hello.GetGreeting({ Name: "world" })).toMatchObject({ Greeting: { TimesSaid: 1 } });
  expect(metrics).toMatchObject([{ name: "GreetingsSaid", value: 1, dimensions: { GreetingName: "world" } }]);
  expect(events).toMatchObject([{ detail: { "saying-id": SayingId, text: "Hello, you!" } }]);
});

describe("ListGreetings", () => {
  const names = async (input: { Language?: "en" | "fr"; MaxResults?: number; NextToken?: string }) => {
    const { Greetings, NextToken } = await nube.aws.hello.ListGreetings(input);
    return { names: Greetings.map((greeting) => greeting.Name), NextToken };
  };
  beforeEach(async () => {
    for (const name of ["d", "b", "a"]) await create(name, "en");
    await create("c", "fr");
  });

  test("lists all names in order, page by page", async () => {
    const first = await names({ MaxResults: 2 });
    expect(first.names).toEqual(["a", "b"]);
    expect(await names({ MaxResults: 2, NextToken: first.NextToken! })).toEqual({ names: ["c", "d"] });
    expect(await names({ MaxResults: 4 })).toEqual({ names: ["a", "b", "c", "d"] });
  });

  test("can be filtered by language", async () => {
    const first = await names({ Language: "en", MaxResults: 2 });
    expect(first.names).toEqual(["a", "b"]);
    expect(await names({ Language: "en", NextToken: first.NextToken! })).toEqual({ names: ["d"] });
  });

  test("accepts a token only for the listing that issued it", async () => {
    const { NextToken } = await names({ Language: "en", MaxResults: 2 });
    const refused = { code: "InvalidNextTokenException" };
    await expect(names({ NextToken: NextToken! })).rejects.toMatchObject(refused);
    await expect(names({ NextToken: "made-up" })).rejects.toMatchObject(refused);
  });
});

describe("a recording", () => {
  test.each([1, 70_000, 1_048_576])("of %i bytes is returned unchanged", async (size) => {
    await create("world");
    const Recording = Buffer.alloc(size, "hello ");
    await nube.aws.hello.PutRecording({ Name: "world", Recording: Buffer.alloc(70_001) });
    await nube.aws.hello.PutRecording({ Name: "world", Recording });
    await nube.advance("1s");
    const back = await nube.aws.hello.GetRecording({ Name: "world" });
    expect(Buffer.compare(back.Recording, Recording)).toBe(0);
  });

  test("requires its greeting", async () => {
    const Recording = Buffer.alloc(70_000);
    await expect(nube.aws.hello.PutRecording({ Name: "world", Recording })).rejects.toMatchObject({
      code: "GreetingNotFoundException",
    });
    await create("world");
    await expect(nube.aws.hello.GetRecording({ Name: "world" })).rejects.toMatchObject({
      code: "RecordingNotFoundException",
    });
  });
});

test("every operation declares the access that it requires", () => {
  expect([...hello.access.keys()].sort()).toEqual([...hello.operations.keys()].sort());
});
