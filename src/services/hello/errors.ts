import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"hello">();

export const greetingNotFound = (name: string) =>
  fault("GreetingNotFoundException", `Greeting ${name} does not exist.`);

export const greetingExists = (name: string) =>
  fault("GreetingAlreadyExistsException", `Greeting ${name} already exists.`);

export const greetingNotReady = (name: string) =>
  fault("GreetingNotReadyException", `Greeting ${name} is still being learned.`);

export const recordingNotFound = (name: string) =>
  fault("RecordingNotFoundException", `Greeting ${name} has no recording.`);

export const invalidNextToken = () =>
  fault("InvalidNextTokenException", "The specified pagination token is not valid.");
