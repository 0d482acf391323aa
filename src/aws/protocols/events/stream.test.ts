import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { loadContract } from "../../contract/contract.ts";
import type { ProtocolName, ShapeEntry } from "../../contract/format.ts";
import { AwsError } from "../../errors.ts";
import { protocol } from "../index.ts";
import { collected, meta, operationOf, requestOf } from "../testing.ts";
import { Malformed } from "../values/malformed.ts";
import { decodeFrame, decodeFrames, encodeFrame, type Frame } from "./frames.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("frames", () => {
  test("the example in AWS's documentation: one header, one payload", () => {
    const frame = encodeFrame({
      headers: { "content-type": "application/json" },
      payload: Buffer.from("{'foo':'bar'}"),
    });
    expect(Buffer.from(frame).toString("hex")).toBe(
      "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
    );
  });

  test("survive encoding and decoding, with headers of every type and any chunk boundaries", async () => {
    const value = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const frame = fc.record({
      headers: fc.dictionary(fc.string({ maxLength: 20 }), value, { maxKeys: 5 }),
      payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frame), fc.integer({ min: 1, max: 50 }), async (frames, size) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const read = await collected(decodeFrames(inChunks(bytes, size)));
        expect(read.map(({ headers, payload }) => [Object.entries(headers), payload])).toEqual(
          frames.map(({ headers, payload }) => [Object.entries(headers), payload]),
        );
      }),
    );
  });

  test("any changed bit is detected", () => {
    const frame = encodeFrame({ headers: { a: "b" }, payload: Buffer.from("payload") });
    fc.assert(
      fc.property(fc.nat({ max: frame.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(frame);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => decodeFrame(changed)).toThrow(Malformed);
      }),
    );
  });

  test("an end within a frame is an error", async () => {
    const frame = encodeFrame({ headers: {}, payload: Buffer.from("payload") });
    await expect(collected(decodeFrames(inChunks(frame.subarray(0, -1), 7)))).rejects.toThrow(Malformed);
  });
});

async function framesOf(body: unknown): Promise<Frame[]> {
  return (await collected(body as AsyncIterable<Uint8Array>)).map(decodeFrame);
}

describe("events", () => {
  async function* records() {
    yield { Records: { Payload: Buffer.from("a,b\n") } };
    yield { Stats: { Details: { BytesScanned: 3 } } };
    yield { End: {} };
  }

  test("H4: a REST protocol begins with the first event", async () => {
    const select = loadContract("s3").operation("SelectObjectContent")!;
    const answer = protocol("restXml").encode(select, { Payload: records() }, meta);
    expect(answer.headers["content-type"]).toBe("application/vnd.amazon.eventstream");
    const frames = await framesOf(answer.body);
    expect(
      frames.map(({ headers, payload }) => [
        headers[":event-type"],
        headers[":content-type"],
        payload.toString(),
      ]),
    ).toEqual([
      ["Records", "application/octet-stream", "a,b\n"],
      ["Stats", "text/xml", "<Details><BytesScanned>3</BytesScanned></Details>"],
      ["End", undefined, ""],
    ]);
  });

  test("H4: an RPC protocol begins with the other members of its output", async () => {
    const subscribe = loadContract("kinesis").operation("SubscribeToShard")!;
    async function* events() {
      yield {
        SubscribeToShardEvent: { Records: [], ContinuationSequenceNumber: "1", MillisBehindLatest: 0 },
      };
    }
    const answer = protocol("awsJson1_1").encode(subscribe, { EventStream: events() }, meta);
    const [first, second] = await framesOf(answer.body);
    expect(first).toMatchObject({ headers: { ":message-type": "event", ":event-type": "initial-response" } });
    expect(first!.payload.toString()).toBe("{}");
    expect(JSON.parse(second!.payload.toString())).toEqual({
      Records: [],
      ContinuationSequenceNumber: "1",
      MillisBehindLatest: 0,
    });
  });

  test("H4: an error ends the stream: a modelled one as an exception, any other by its code", async () => {
    const subscribe = loadContract("kinesis").operation("SubscribeToShard")!;
    // biome-ignore lint/correctness/useYield: it fails before its first event
    async function* failing(code: string): AsyncGenerator<object> {
      throw new AwsError(code, "gone");
    }
    const lastOf = async (code: string) => {
      const answer = protocol("awsJson1_1").encode(subscribe, { EventStream: failing(code) }, meta);
      return (await framesOf(answer.body)).at(-1)!;
    };
    const modelled = await lastOf("ResourceNotFoundException");
    expect(modelled.headers).toMatchObject({
      ":message-type": "exception",
      ":exception-type": "ResourceNotFoundException",
    });
    expect(JSON.parse(modelled.payload.toString())).toEqual({ message: "gone" });
    expect((await lastOf("Throttled")).headers).toMatchObject({
      ":message-type": "error",
      ":error-code": "Throttled",
      ":error-message": "gone",
    });
  });

  const shapes: Record<string, ShapeEntry> = {
    Input: { type: "structure", members: { Events: "Events" }, payload: "Events" },
    Events: { type: "union", members: { Audio: "Audio", Text: "Text" }, eventStream: true },
    Audio: {
      type: "structure",
      event: true,
      members: { Chunk: ["$blob", { eventPayload: true }], Rate: ["$integer", { eventHeader: true }] },
    },
    Text: { type: "structure", event: true, members: { Value: "$string" } },
  };

  test.each<ProtocolName>(["restJson1"])("from a client are decoded as they arrive: %s", async (name) => {
    const operation = operationOf(shapes, { protocols: [name] });
    const sent = [
      encodeFrame({ headers: { ":event-type": "Audio", Rate: 8000 }, payload: Buffer.from("pcm") }),
      encodeFrame({ headers: { ":event-type": "Unknown" }, payload: Buffer.from("?") }),
      encodeFrame({ headers: { ":event-type": "Text" }, payload: Buffer.from('{"Value":"hello"}') }),
    ];
    const input = protocol(name).decode(operation, { ...requestOf({}), stream: bodyOf(Buffer.concat(sent)) });
    expect(await collected(input.Events as AsyncIterable<object>)).toEqual([
      { Audio: { Chunk: Buffer.from("pcm"), Rate: 8000 } },
      { Text: { Value: "hello" } },
    ]);
  });

  test("that are malformed throw while they are pulled", async () => {
    const operation = operationOf(shapes, { protocols: ["restJson1"] });
    const input = protocol("restJson1").decode(operation, requestOf({ body: "not a frame at all" }));
    await expect(collected(input.Events as AsyncIterable<object>)).rejects.toThrow(
      expect.objectContaining({ code: "SerializationException", status: 400 }),
    );
  });
});
