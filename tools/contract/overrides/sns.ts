import type { Override } from "../override.ts";

export default {
  operations: {
    // Requests from the links in a message are not signed: API_ConfirmSubscription, "AuthenticateOnUnsubscribe", and
    // API_Unsubscribe: "If the subscription requires authentication for deletion, only the owner … can unsubscribe".
    ConfirmSubscription: { unsigned: true },
    Unsubscribe: { unsigned: true },
  },
} satisfies Override;
