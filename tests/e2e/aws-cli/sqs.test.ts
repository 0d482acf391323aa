import { beforeAll, expect, test } from "vitest";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

onStores(DURABLE, (cloud) => {
  let aws: Cli;
  let sqs: (...args: string[]) => ReturnType<Cli["json"]>;
  beforeAll(() => {
    aws = cli(cloud());
    // Version 1 of the AWS CLI calls AWS's oldest host of SQS, whatever AWS_ENDPOINT_URL says.
    sqs = (...args) => aws.json("sqs", "--endpoint-url", cloud().endpoint, ...args);
  });

  test("a message is sent, received and deleted", async () => {
    const { QueueUrl: url } = await sqs("create-queue", "--queue-name", "tour", "--tags", "team=blue");
    expect(url).toBe(`${cloud().endpoint}/000000000000/tour`);
    expect(await sqs("list-queues")).toEqual({ QueueUrls: [url] });
    const sent = await sqs("send-message", "--queue-url", url, "--message-body", "hello");
    const { Messages } = await sqs(
      "receive-message",
      "--queue-url",
      url,
      "--wait-time-seconds",
      "5",
      "--attribute-names",
      "All",
    );
    expect(Messages[0]).toMatchObject({
      MessageId: sent.MessageId,
      Body: "hello",
      Attributes: { ApproximateReceiveCount: "1", SenderId: "000000000000" },
    });
    const handle = Messages[0].ReceiptHandle;
    await sqs("delete-message", "--queue-url", url, "--receipt-handle", handle);
    const { Attributes } = await sqs("get-queue-attributes", "--queue-url", url, "--attribute-names", "All");
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
    });
    expect(await sqs("list-queue-tags", "--queue-url", url)).toEqual({ Tags: { team: "blue" } });
    await sqs("delete-queue", "--queue-url", url);
    const { endpoint } = cloud();
    const question = ["get-queue-url", "--queue-name", "tour"];
    expect(await aws.refused("sqs", "--endpoint-url", endpoint, ...question)).toContain(
      "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist.",
    );
  });

  test("a FIFO queue moves messages to its dead-letter queue and back", async () => {
    const made = await sqs("create-queue", "--queue-name", "dead.fifo", "--attributes", "FifoQueue=true");
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead.fifo",
      maxReceiveCount: "1",
    });
    const attributes = JSON.stringify({ FifoQueue: "true", VisibilityTimeout: "0", RedrivePolicy });
    const { QueueUrl: url } = await sqs(
      "create-queue",
      "--queue-name",
      "live.fifo",
      "--attributes",
      attributes,
    );
    const sent = await sqs(
      "send-message",
      "--queue-url",
      url,
      "--message-body",
      "poison",
      "--message-group-id",
      "g",
      "--message-deduplication-id",
      "d",
    );
    expect(sent.SequenceNumber).toMatch(/^\d{20}$/);
    const receive = (from: string) => sqs("receive-message", "--queue-url", from);
    expect((await receive(url)).Messages[0].Body).toBe("poison");
    expect(await receive(url)).toBeUndefined();
    const [source] = (await sqs("list-dead-letter-source-queues", "--queue-url", made.QueueUrl)).queueUrls;
    expect(source).toBe(url);
    await sqs("start-message-move-task", "--source-arn", "arn:aws:sqs:us-east-1:000000000000:dead.fifo");
    const again = await sqs("receive-message", "--queue-url", url, "--wait-time-seconds", "10");
    expect(again.Messages[0].Body).toBe("poison");
  });
});
