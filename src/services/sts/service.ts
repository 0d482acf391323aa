import { defineService } from "#kernel/service.ts";
import { identity } from "./identity.ts";
import { sessions } from "./sessions.ts";

export const sts = defineService({
  id: "sts",
  scope: "account",
  operations: [identity, sessions],
  // No policy can deny these operations: API reference, "GetCallerIdentity" and "GetSessionToken", Permissions.
  access: { GetCallerIdentity: () => [], GetSessionToken: () => [] },
});
