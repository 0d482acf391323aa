import fc from "fast-check";
import { expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { sqs } from "../service.ts";

/** The simplest model of a queue: messages in order, each visible from some time on. */
interface ModelMessage {
  body: string;
  group: string;
  visibleAt: number;
  isReceived: boolean;
  handle?: string;
}

type Step =
  | { do: "send"; group: string; delay: number; duplicate: boolean }
  | { do: "receive"; limit: number; timeout: number }
  | { do: "delete"; which: number }
  | { do: "change"; which: number; timeout: number }
  | { do: "advance"; seconds: number }
  | { do: "purge" }
  | { do: "restart" };

const which = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      group: fc.constantFrom("a", "b", "c"),
      delay: fc.constantFrom(0, 0, 0, 2, 7),
      duplicate: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      limit: fc.integer({ min: 1, max: 10 }),
      timeout: fc.constantFrom(0, 1, 5, 30),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("delete" as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      which,
      timeout: fc.constantFrom(0, 3, 60),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("advance" as const), seconds: fc.constantFrom(1, 4, 20, 90) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("purge" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** A queue of Nube's beside the model, and the steps that both take. */
class Run {
  private readonly store = openMemory();
  private nube!: TestCloud;
  private readonly isFifo: boolean;
  private messages: ModelMessage[] = [];
  private handles: { handle: string; message: ModelMessage }[] = [];
  private last = { id: "", until: 0 };
  private purgedAt = Number.NEGATIVE_INFINITY;
  private sent = 0;

  constructor(isFifo: boolean) {
    this.isFifo = isFifo;
  }

  private readonly QueueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/q.fifo";
  private get url() {
    return this.isFifo ? this.QueueUrl : this.QueueUrl.replace(".fifo", "");
  }
  private get now() {
    return this.nube.cloud.clock.now();
  }

  async start(): Promise<void> {
    this.nube = await testCloud([sqs], { store: this.store });
    await this.nube.aws.sqs.CreateQueue({
      QueueName: this.url.split("/").at(-1)!,
      ...(this.isFifo && { Attributes: { FifoQueue: "true" } }),
    });
  }

  async end(): Promise<void> {
    await this.nube.close();
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "send":
        return this.send(step);
      case "receive":
        return this.receive(step);
      case "delete":
        return this.delete(step);
      case "change":
        return this.change(step);
      case "advance":
        return this.nube.advance(`${step.seconds}s`);
      case "purge":
        return this.purge();
      case "restart":
        await this.end();
        return this.start();
    }
  }

  private async send({ group, delay, duplicate }: Extract<Step, { do: "send" }>): Promise<void> {
    const isDuplicate = this.isFifo && duplicate && this.now < this.last.until;
    const body = isDuplicate ? this.last.id : `m${this.sent++}`;
    await this.nube.aws.sqs.SendMessage({
      QueueUrl: this.url,
      MessageBody: body,
      ...(this.isFifo ? { MessageGroupId: group, MessageDeduplicationId: body } : { DelaySeconds: delay }),
    });
    if (isDuplicate) return;
    this.last = { id: body, until: this.now + 300_000 };
    const visibleAt = this.now + (this.isFifo ? 0 : delay * 1_000);
    this.messages.push({ body, group, visibleAt, isReceived: false });
  }

  private async receive({ limit, timeout }: Extract<Step, { do: "receive" }>): Promise<void> {
    const available = this.available();
    const { Messages = [] } = await this.nube.aws.sqs.ReceiveMessage({
      QueueUrl: this.url,
      MaxNumberOfMessages: limit,
      VisibilityTimeout: timeout,
    });
    expect(Messages.length).toBe(Math.min(limit, available.length));
    const found = Messages.map(({ Body }) => available.find(({ body }) => body === Body));
    // No message that is deleted, hidden, or blocked by another of its group in flight.
    expect(found).not.toContain(undefined);
    expect(new Set(found).size).toBe(found.length);
    if (this.isFifo) {
      // The first messages of each group, in order.
      for (const group of new Set(found.map((message) => message!.group))) {
        const ofGroup = found.filter((message) => message!.group === group);
        expect(ofGroup).toEqual(
          available.filter((message) => message.group === group).slice(0, ofGroup.length),
        );
      }
    }
    found.forEach((message, n) => {
      message!.visibleAt = this.now + timeout * 1_000;
      message!.isReceived = true;
      message!.handle = Messages[n]!.ReceiptHandle!;
      this.handles.push({ handle: message!.handle, message: message! });
    });
  }

  private isInFlight = (message: ModelMessage) => message.isReceived && message.visibleAt > this.now;

  private available(): ModelMessage[] {
    const blocked = new Set(this.messages.filter(this.isInFlight).map(({ group }) => group));
    return this.messages.filter(
      ({ visibleAt, group }) => visibleAt <= this.now && !(this.isFifo && blocked.has(group)),
    );
  }

  private async delete({ which }: Extract<Step, { do: "delete" }>): Promise<void> {
    const known = this.handles[which % this.handles.length];
    if (!known) return;
    const { handle, message } = known;
    const isThere = this.messages.includes(message);
    const call = this.nube.aws.sqs.DeleteMessage({ QueueUrl: this.url, ReceiptHandle: handle });
    if (this.isFifo && isThere && (message.handle !== handle || !this.isInFlight(message)))
      return void (await expect(call).rejects.toMatchObject({ code: "InvalidParameterValue" }));
    await call;
    this.messages = this.messages.filter((other) => other !== message);
  }

  private async change({ which, timeout }: Extract<Step, { do: "change" }>): Promise<void> {
    const known = this.handles[which % this.handles.length];
    if (!known) return;
    const { handle, message } = known;
    const call = this.nube.aws.sqs.ChangeMessageVisibility({
      QueueUrl: this.url,
      ReceiptHandle: handle,
      VisibilityTimeout: timeout,
    });
    const isThere = this.messages.includes(message);
    const mayChange = !this.isFifo || (message.handle === handle && this.isInFlight(message));
    if (!isThere || !mayChange) return void (await expect(call).rejects.toThrow());
    await call;
    message.visibleAt = this.now + timeout * 1_000;
  }

  private async purge(): Promise<void> {
    const call = this.nube.aws.sqs.PurgeQueue({ QueueUrl: this.url });
    if (this.now - this.purgedAt < 60_000)
      return void (await expect(call).rejects.toMatchObject({ code: "PurgeQueueInProgress" }));
    await call;
    this.purgedAt = this.now;
    this.messages = [];
  }

  /** The queue's counts match the model's. */
  async check(): Promise<void> {
    const { Attributes } = await this.nube.aws.sqs.GetQueueAttributes({
      QueueUrl: this.url,
      AttributeNames: ["All"],
    });
    const hidden = this.messages.filter(({ visibleAt }) => visibleAt > this.now);
    const inFlight = hidden.filter(({ isReceived }) => isReceived).length;
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: String(this.messages.length - hidden.length),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(hidden.length - inFlight),
    });
  }
}

test.each([
  ["standard", false],
  ["FIFO", true],
])(
  "a %s queue matches the model after any operations and restarts",
  async (_, isFifo) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
        const run = new Run(isFifo);
        await run.start();
        try {
          for (const step of steps) {
            await run.take(step);
            await run.check();
          }
        } finally {
          await run.end();
        }
      }),
      { numRuns: Number(process.env.NUBE_MODEL_RUNS ?? 60) },
    );
  },
  120_000,
);
