import { hash } from "node:crypto";
import type { AsyncOperationName, AsyncRequestParameters } from "#aws/contract/types/s3control.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { uuidOf } from "#lib/uuid.ts";
import { DAY_MS } from "../days.ts";
import { create, putPolicy, remove } from "./changes.ts";
import { noSuchAsyncRequest } from "./errors.ts";
import { type AsyncRequest, asyncRequests, multiRegionAccessPointNamed } from "./store.ts";

/** The Region that keeps the requests of all Regions. */
const HOME = "us-west-2";

/** How long the outcome of a request can be asked. AWS does not state it. */
const KEPT_MS = 90 * DAY_MS;

const PATHS: Record<AsyncOperationName, string> = {
  CreateMultiRegionAccessPoint: "create",
  DeleteMultiRegionAccessPoint: "delete",
  PutMultiRegionAccessPointPolicy: "put-policy",
};

export const asyncOperations = {
  async DescribeMultiRegionAccessPointOperation(ctx, { RequestTokenARN }) {
    const token = /^arn:aws:s3:[^:]*:\d{12}:async-request\/mrap\/[^/]+\/([^/]+)$/.exec(RequestTokenARN)?.[1];
    const request = await ctx.read((tx) => tx.get(asyncRequests, [ctx.account, token ?? ""]));
    if (!request || arnOf(request) !== RequestTokenARN) throw noSuchAsyncRequest();
    const { operation, created, parameters, status, error } = request;
    return {
      AsyncOperation: {
        CreationTime: new Date(created),
        Operation: operation,
        RequestTokenARN,
        RequestParameters: parameters,
        RequestStatus: status,
        ResponseDetails: error && { ErrorDetails: error },
      },
    };
  },
} satisfies Handlers<"s3control">;

const arnOf = ({ account, operation, token }: AsyncRequest) =>
  `arn:aws:s3:${HOME}:${account}:async-request/mrap/${PATHS[operation]}/${token}`;

/**
 * Accepts a request, and returns the ARN by which its state can be asked. A request that repeats the token of
 * an earlier one is that one.
 * @param name of the Multi-Region Access Point that must exist
 * @throws {AwsError} NoSuchMultiRegionAccessPoint
 */
export async function accept(
  ctx: Context,
  operation: AsyncOperationName,
  clientToken: string,
  parameters: AsyncRequestParameters,
  name?: string,
): Promise<{ RequestTokenARN: string }> {
  const { account } = ctx;
  const token = uuidOf(hash("sha256", JSON.stringify([account, operation, clientToken])));
  return ctx.transact(async (tx) => {
    const known = await tx.get(asyncRequests, [account, token]);
    if (known) return { RequestTokenARN: arnOf(known) };
    if (name !== undefined) await multiRegionAccessPointNamed(tx, account, name);
    const request: AsyncRequest = {
      account,
      token,
      operation,
      created: tx.now(),
      parameters,
      status: "INPROGRESS",
    };
    tx.put(asyncRequests, request);
    tx.enqueue(carryOut, { account, token });
    return { RequestTokenARN: arnOf(request) };
  });
}

/** Carries out a request. What is wrong with it is kept as its outcome, and forgotten with it later. */
export const carryOut: Job<{ account: string; token: string }> = job("s3/carry-out", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { account, token }) {
    const finish = (outcome: (tx: Transaction, request: AsyncRequest) => Promise<Partial<AsyncRequest>>) =>
      ctx.transact(async (tx) => {
        const request = (await tx.get(asyncRequests, [account, token]))!;
        if (request.status === "INPROGRESS")
          tx.put(asyncRequests, { ...request, ...(await outcome(tx, request)) });
        else tx.delete(asyncRequests, [account, token]);
        return request.status === "INPROGRESS" ? { again: KEPT_MS } : undefined;
      });
    try {
      return await finish(async (tx, request) => {
        await change(tx, request);
        return { status: "SUCCEEDED" };
      });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code: Code, message: Message } = error;
      return finish(async () => ({ status: "FAILED", error: { Code, Message } }));
    }
  },
});

async function change(tx: Transaction, { account, parameters }: AsyncRequest): Promise<void> {
  const {
    CreateMultiRegionAccessPointRequest: created,
    DeleteMultiRegionAccessPointRequest: deleted,
    PutMultiRegionAccessPointPolicyRequest: policy,
  } = parameters;
  if (created) await create(tx, account, created);
  else if (deleted) await remove(tx, account, deleted);
  else if (policy) await putPolicy(tx, account, policy);
}
