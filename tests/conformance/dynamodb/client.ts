import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, type ConformanceCloud, doc } from "../cloud.ts";

/** A page of DynamoDB's API reference: `api("PutItem")`. */
export const api = (operation: string): string =>
  doc(`amazondynamodb/latest/APIReference/API_${operation}.html`);
/** A page of DynamoDB's developer guide. */
export const guide = (page: string): string => doc(`amazondynamodb/latest/developerguide/${page}.html`);
/** A page of the measurements of DynamoDB that the maintainers of its Kubernetes controller published. */
export const measured = (page: string): string =>
  `https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/${page}.md`;

export type Item = Record<string, AttributeValue>;
export const S = (text: string): AttributeValue => ({ S: text });
export const N = (number: number | string): AttributeValue => ({ N: String(number) });

/** A request and the error that refuses it. */
export type Refusal = readonly [operation: string, input: object, message: string, code?: string];

/** Returns the helpers that DynamoDB's tests share. */
export function dynamodbOn(cloud: ConformanceCloud) {
  let known: DynamoDBClient | undefined;
  const client = () => (known ??= new DynamoDBClient(cloud.client()));
  const send: DynamoDBClient["send"] = ((command: never) => client().send(command)) as never;

  /** Sends a body as it is, valid or not, signed by the SDK. */
  async function sendRaw(operation: string, body: string): Promise<object> {
    const one = new DynamoDBClient(cloud.client());
    one.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string>; body: string };
        request.headers["x-amz-target"] = `DynamoDB_20120810.${operation}`;
        request.headers["content-length"] = String(Buffer.byteLength(body));
        request.body = body;
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    try {
      return await one.send(new ListTablesCommand({}));
    } finally {
      one.destroy();
    }
  }

  const refusals = (source: string, rows: readonly Refusal[]) => {
    for (const [operation, input, message, code = "ValidationException"] of rows) {
      const body = JSON.stringify(input);
      const shown = body.length > 150 ? `${body.slice(0, 150)}…` : body;
      behaviour(`${operation} refuses ${shown}: ${message.slice(0, 150)}`, source, async () => {
        const outcome = await sendRaw(operation, body).then(
          () => "accepted",
          (error: Error) => [error.name, error.message],
        );
        expect(outcome).toEqual([code, message]);
      });
    }
  };

  /** Creates a table before the tests, by default with the keys `p` and `s`. */
  function withTable(TableName: string, more: Partial<CreateTableCommandInput> = {}): void {
    beforeAll(async () => {
      await send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [
            { AttributeName: "p", AttributeType: "S" },
            { AttributeName: "s", AttributeType: "N" },
          ],
          KeySchema: [
            { AttributeName: "p", KeyType: "HASH" },
            { AttributeName: "s", KeyType: "RANGE" },
          ],
          BillingMode: "PAY_PER_REQUEST",
          ...more,
        }),
      );
    });
  }

  return { client, send, sendRaw, refusals, withTable };
}
