import { type Access, defineService } from "#kernel/service.ts";
import { greetingOperations } from "./greetings.ts";
import { learning } from "./learning.ts";
import { recordingOperations } from "./recordings.ts";
import { say, sayingOperations } from "./sayings.ts";
import { arnOf } from "./store.ts";

type Facts = NonNullable<Access<"hello">["GetGreeting"]>;

const onGreeting =
  (action: string): Facts =>
  (ctx, { Name }) => [{ action: `hello:${action}`, resource: arnOf(ctx, Name) }];

export const hello = defineService({
  id: "hello",
  operations: [greetingOperations, sayingOperations, recordingOperations],
  jobs: [say, learning.job],
  access: {
    CreateGreeting: onGreeting("CreateGreeting"),
    GetGreeting: onGreeting("GetGreeting"),
    UpdateGreeting: onGreeting("UpdateGreeting"),
    DeleteGreeting: onGreeting("DeleteGreeting"),
    ListGreetings: (ctx) => [{ action: "hello:ListGreetings", resource: arnOf(ctx, "*") }],
    SayHello: onGreeting("SayHello"),
    PutRecording: onGreeting("PutRecording"),
    GetRecording: onGreeting("GetRecording"),
  },
  dataOperations: ["SayHello", "PutRecording", "GetRecording"],
});
