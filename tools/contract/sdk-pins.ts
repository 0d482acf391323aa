/**
 * Clients of the AWS SDK for JavaScript, `@aws-sdk/client-…`, each in the newest release that changed it. Their schemas are used
 * to check botocore's models.
 */
export const sdkPins = {
  account: {
    version: "3.1169.0",
    integrity:
      "sha512-HDmhl5i4Xfn5nHA92v4h0g9nif9WdqfWPnFKJww/olxcXqALUE0DxhEqVQ+IbD/MSomggdVCXmn+5UmGjqI+Mw==",
  },
  acm: {
    version: "3.1169.0",
    integrity:
      "sha512-ExlAgDdjxzvAsGFaDVF6IC65TLuqC3bieBHTNTyzQMz5r/jZIv/9WY1mBJV5+6wnjO9NHLEiWJ1jbZ4iYtLSbg==",
  },
  "api-gateway": {
    version: "3.1142.0",
    integrity:
      "sha512-3lIyTYX3N1AYEyur1AQMonmq1ptRwV/MNw0nCWVZkEWl3o7GCfxnSoTXhfw1xdnb6Odv5Kscs2O47+q0ul/7sQ==",
  },
  apigatewaymanagementapi: {
    version: "3.1169.0",
    integrity:
      "sha512-IT8vyoD8u58P0zAo5I30nk9b25W3DoWrQlrnyGyXeBtj9QbUPlo5Igdc+sfW7WmfaQvKt0I0m8mKGbnfPsexFQ==",
  },
  apigatewayv2: {
    version: "3.1169.0",
    integrity:
      "sha512-Iitkk0lw/8P2pjUa6T+1x3HGqR9jTDzx7qDac3dp0izzewtACTt30tO/p1YEKPf009TLlVyXF7AluGwHwMyEUA==",
  },
  "application-auto-scaling": {
    version: "3.1141.0",
    integrity:
      "sha512-Z11ZgWhS3ARAEjEITC4XnWmhJqfJVqIur8OgL/jpLgMV9b3jAnoUFG1MvfqVfHcYyq/awV/etaqx49Ls4Lsuvw==",
  },
  "auto-scaling": {
    version: "3.1169.0",
    integrity:
      "sha512-BYbHqtCBMrBumBGDbjJm4bd2nHbRh/4hyirS4nih7bbtTpPSZCuAjv8blRrQk2mVF0/jfm+Pq/r4KuTeE/Y6+w==",
  },
  budgets: {
    version: "3.1124.0",
    integrity:
      "sha512-JPlXM5bFVNpLsgzjOQYLeJDuXixikC1l5HybgtY+ANKYykkrJbj5+E15KQ7GZDToXsl443cTantpSTslIOVLJQ==",
  },
  cloudcontrol: {
    version: "3.1142.0",
    integrity:
      "sha512-G2e3m/ol77EN/h5iRdnZQC0sOdSG98ftDQOK5t9eL9gww5gh1n6EK1+CzaUEwwf7HKccNCSClENsaeVBO6HesQ==",
  },
  cloudformation: {
    version: "3.1169.0",
    integrity:
      "sha512-LERMmBzWGUawjneMFafDhOsXpjgqDPhEEi3xFGgr67nvDucbcJx93sTqL/hhh2DFBlsCbqIKq4GxVi8UOes/Og==",
  },
  cloudfront: {
    version: "3.1162.0",
    integrity:
      "sha512-m4NVX/Eh8IMRQ5MIKWSEIlZVEdEx/VjRs11QmxdKCShIbfqTEv8gyvhrxb2h46HDzciIVoN18zhiBUpuzV2ZXQ==",
  },
  cloudsearch: {
    version: "3.956.0",
    integrity:
      "sha512-jgKwr4JkdpRrIcTu5aMw11k3vNrth8I7T7NQhD02I7uqT72rd3IaPx165xmYuUUFGG8vmCuNU4L0RTgxuSeHXw==",
  },
  "cloudsearch-domain": {
    version: "3.952.0",
    integrity:
      "sha512-gSkqdb26kXlTjf0jJtjrBmHRIkthV1ZTAr1lVqM81Xhe9I7Ma43K3aBeJaP+oV7NN/ahgv1YJmxKA1xTwkp70g==",
  },
  cloudtrail: {
    version: "3.1137.0",
    integrity:
      "sha512-ZJKcy+tg9CC4ToW6tkQZ9puAvaruGGzEh+VgTPcJ1DI1htIxUbmCurhWsdR4IHazyjUdLJZ/vTYBb0BGMACiWA==",
  },
  cloudwatch: {
    version: "3.1162.0",
    integrity:
      "sha512-2OiiJJo9Jn67FlZijrWo8aR1V0zO6MTSCXjdAZ7Jd5SrIxC/BGrzRcaAD2HKm2uDja3ZJQLh3+UHYiWIJvglSg==",
  },
  "cloudwatch-logs": {
    version: "3.1169.0",
    integrity:
      "sha512-B8YtsCM784sEVAoys9u7mBB61rWkSSQTwEbyUWU/v1BLL0U/oKaD/vBprPWwki3CwMl0rxHLJi+lmeHx/lnYGg==",
  },
  "cognito-identity": {
    version: "3.1162.0",
    integrity:
      "sha512-j7XlX7/hsE4fGv/uzKycAO4PceO7Uxb6ZIMY91zvtXV3vyuB+QLX1dHWDOXEEWrKjzLTF2DhATCcI251ylHQlA==",
  },
  "cognito-identity-provider": {
    version: "3.1169.0",
    integrity:
      "sha512-BDMuvX7FRc2gHsPNNje0w1bHp307XoaZQDZn02MqD4xNBxSQdpeABwBzGdxqTJEMB+IHbQCd5X5DO0M/6+rAKg==",
  },
  "cost-explorer": {
    version: "3.1138.0",
    integrity:
      "sha512-HXQEzSMV1ZffI2M1t70GjrUEbAf3WjV8o3HD2Ef3CsZi3n8HrASbLjpoX1mUtAB+K41Be6U0ZmA4npzWaqJu0w==",
  },
  dynamodb: {
    version: "3.1162.0",
    integrity:
      "sha512-3KyY7lMsgGlC3C4aq6IV5p4ti85Sc67nJ2CYEPaEUBLkmUwtqAlGTTR7vWSk/L2MotNZQtGE6dd8MhWzsKLHnw==",
  },
  "dynamodb-streams": {
    version: "3.1141.0",
    integrity:
      "sha512-tMmRkwj0bVVlrHoI40tS9DeAEGrNGUne/88HXs3XNXpZlinwrkqpaCYJ1M1ZWjcUPiu18zvTw87Mr3yg/svAyQ==",
  },
  ec2: {
    version: "3.1169.0",
    integrity:
      "sha512-VSDBP4gdjVvl8aF12BghHPCeCQP+QHEZ02/qm+1APW6eu1JnMqU2iUyKh4KuAMV0495kGJTARW3rN+4dVPlgUQ==",
  },
  ecr: {
    version: "3.1169.0",
    integrity:
      "sha512-vg+D2RuA/99SZLibp86LGRVhqKZ1J81hTNf+Btn0qM3YT457HLtKCUZKOYbBUw0cK4+s6N5kjOW2PgTj0cOHGA==",
  },
  ecs: {
    version: "3.1162.0",
    integrity:
      "sha512-QH0eJWJOGtYYGJqVjmPX6vhi8y40i0T4wc/djqCWDTcB3d/cytzoM4p72T+2ZVxwUCMzpAwW+79ofPW8WC7YJg==",
  },
  "elastic-load-balancing": {
    version: "3.1075.0",
    integrity:
      "sha512-sRBIUOpPaw0y16Yn4yqTCeIhjnaePqlrbV+ye59wvTEVlY3LPrMLljs9pIFfLI5tBP5Hh600Fp4Wed5zW7YOcA==",
  },
  "elastic-load-balancing-v2": {
    version: "3.1142.0",
    integrity:
      "sha512-LK0pCZQ8L1cf17sU+761m9d1hFTN0nMjlOpsoEKiUDB2azXzOPbnN0mIXFDNNQkPnCXzTvQ0YgYA5BjZWzu5HQ==",
  },
  elasticache: {
    version: "3.1127.0",
    integrity:
      "sha512-m6XTGH4PiXeQMh2fXHFYIFgPzzLcsL4KP69uGOie3CJCqA/Cmi1n+68XaG9TsWYRXx+RqpOr7MHyKcpHrLmrmQ==",
  },
  emr: {
    version: "3.1089.0",
    integrity:
      "sha512-SMMIF0bncxwH6TZ12srnLn1hzqFk76VvofKMcpWyVknIaGLkhvlZ2m3cT3QAjA/wW6IGcE2K2BzpE8aNZR20mw==",
  },
  eventbridge: {
    version: "3.1169.0",
    integrity:
      "sha512-o1oLTx+5anyiFTmrHd7O2/CvJBAjGawq1/NFXiWw425+afCHnbsKVeM+qxQgqXInLstVsxazWSKCgqdFK1ajSQ==",
  },
  firehose: {
    version: "3.1169.0",
    integrity:
      "sha512-58Wriva9lhMOzL9HZu5XToLZxfO65bUlf0nNttdbVrmQzcyZRkMQfHUhUxpsLT/x4Lt3amNaYFBI2VF6spmicw==",
  },
  glacier: {
    version: "3.1048.0",
    integrity:
      "sha512-DHU6mfGD3HL7of4wjWRLBpj4dxqSzjwkmjkit6saBFPW1liK8X0VVTJE3xiHrpBiM7M+jZ8GJiW1msOqlpu7nw==",
  },
  iam: {
    version: "3.1169.0",
    integrity:
      "sha512-JcGWDLOKnPw9F8eCJBk9SutgXGev9vljIUIISa52Qkw3B7o2Z6QzP/nLtqtQ3yXpSvgDxsdF2WeSUf6UeQHeVQ==",
  },
  kinesis: {
    version: "3.1143.0",
    integrity:
      "sha512-e8zVfHPxT7CJPUwhlsSegixdyZK/dctjXXYv9XQ+YNZIvEkehgLebza7ybgfyDKyiE7IhP1SS6rJl/yf3A/CHw==",
  },
  kms: {
    version: "3.1162.0",
    integrity:
      "sha512-CqBLRR7/u0U6xMc8xKct4JTj3eYUakyEV14gLkFw3p7eIgCbeESDGc53Pk8opYsB0lvftqxtKVJpB9C2RPEXQA==",
  },
  lambda: {
    version: "3.1162.0",
    integrity:
      "sha512-oaJ3XakZ1DaIoFgrsPr3fq8p/Qp9u31uMz4KGNRN8HNolAJ0RTxyabNoMue0EJ6DvRBELlcPwcqYJtzSObVzAw==",
  },
  organizations: {
    version: "3.1169.0",
    integrity:
      "sha512-dnxGAhm2t9+fB4Soe5kbWmmIq8A81CmofUps7KroP7BKj3VKiFkuu04QhP2Bj5i2FrgYB4tbv/J998W0tF3vKA==",
  },
  pipes: {
    version: "3.1143.0",
    integrity:
      "sha512-FRCg2+zcIYX0GOk32NudPYsMp50zzXtV/XSpvwJF0TpwAHFzMDLV5dKlrLziCBAlOyEczL1wEDEg/fmpxatSPw==",
  },
  pricing: {
    version: "3.1133.0",
    integrity:
      "sha512-1pUJCQYoph6lzISyS2vVK4N+LC//QcRW87PpWqH57JruzAI9kL/VSgJoFbUYd7RnzIOXYZWPIWZR6OjzWHWYHA==",
  },
  rds: {
    version: "3.1169.0",
    integrity:
      "sha512-biup0B83sHhPEp77k3glFBUOenzIwY6zrxR6abSvnc7GeFbq14/USrvyEKu6r6byFqFdG9i8vdSdORSkSP4WYw==",
  },
  "rds-data": {
    version: "3.1143.0",
    integrity:
      "sha512-U16QE0k5lUnvgNhS1d0OEJCBjpy8y9QynHo5gH9xakZpYoH6LzhDyu03TJPBeAjbGZERZ4pr0lHu+7mr9IvTTQ==",
  },
  "resource-groups": {
    version: "3.1133.0",
    integrity:
      "sha512-Dq83QtetNrkatN0SbGnR1AHipGQoSqaBZp07CD6rGkDpn6LMTzdtIyRFsL1m7StWl8AY0IjsbmsfOaztLvsXGQ==",
  },
  "resource-groups-tagging-api": {
    version: "3.1142.0",
    integrity:
      "sha512-At1pgjG4NYbxg1HKll7quhg2GZm9Qty2xF8e6A51eg0Lwm+wvw1hIHHobv2S4pdt2JmPpN1YR8lYCL779hJWWA==",
  },
  "route-53": {
    version: "3.1169.0",
    integrity:
      "sha512-jWqWGzwuBboYoUGJigmQkV9Z1D7L4AGba+OdjV6dp1qpZfByMBEvJAuZbnYgau5j949i0HD28DuhWMcBzOQphQ==",
  },
  s3: {
    version: "3.1169.0",
    integrity:
      "sha512-5IjQ2R1TM5lMuUvCvCfGNG9q6g3nxdputC9FY7YQJf1ygVUwsOruEYxQqpjik1nZdl8mNvV57Mhivtp2JbgBtg==",
  },
  "s3-control": {
    version: "3.1112.0",
    integrity:
      "sha512-l6H9b52AFVemCTX4mOqxaPtSgSqM1YdJAi6mSuUltQG17YVnTjHA3jCMRmV9nBcc3EW6UO29j6pdA7kksna/rA==",
  },
  scheduler: {
    version: "3.1169.0",
    integrity:
      "sha512-CHoPOyN8eIjYIrV7If+XhXZV4XIAaFMypcyQ2ffATy5rn3bs4c1d7YkBt3n91pWhSSEUPL56rDgaNCe2kEtdRw==",
  },
  "secrets-manager": {
    version: "3.1162.0",
    integrity:
      "sha512-08LlSWeA0I/WZMlUOYXSGUhLK3AQGilrvyoBGezntKxZ9rj89MZaxQth64vnumbKwJJiEkF5i5mIIYHhviqnsA==",
  },
  "service-quotas": {
    version: "3.1138.0",
    integrity:
      "sha512-MWqY6Od3VspsYx+4tUdli5yKdU3oWwqGzvOZ4IT2SQ8Ki1ZvOT1QN2Pt3nlmdp2y3jojnnRs6CSaVnnHLNU+vg==",
  },
  ses: {
    version: "3.1169.0",
    integrity:
      "sha512-akY4NjxmPvYbjcu5gk1aTYbySEyqakGXvGJLtGUwMWLKZMoxew4fo4ZCzYKGIE12XaLzwlO13qib+3bvPo1fZA==",
  },
  sesv2: {
    version: "3.1169.0",
    integrity:
      "sha512-tSJymaewFqxbewnzqsEZK9EK9WvRvWDMW1NTyIzfyQxNCRczlkX/9BaCy/PUw9HV2Ca8y+BH+yFxC+R5+oMEbg==",
  },
  sfn: {
    version: "3.1162.0",
    integrity:
      "sha512-O1G6glznVZMAMRcyorIJdygQfjCQtYcI0K4hsbOmtd3yAnT66u79Vo/lw4TuYK6CHHKVOqiqHEc6tw1hYb8VLw==",
  },
  sns: {
    version: "3.1169.0",
    integrity:
      "sha512-7cSOeXdbMsPHDl5gr/ingXmVAptFKg5VUo5Iw3SRXmioAQNGGFh8j26boGxM5pE3LURj6VOlxl4UE7umygO4pQ==",
  },
  sqs: {
    version: "3.1169.0",
    integrity:
      "sha512-7bX9EB7CH/L/CuYv/4l3/LlBofBfyjZqFHbsLHJ/Wki08fMsq6g/RCsCKU29UmCINLdX13Un9YtWu5Gv8pHxCA==",
  },
  ssm: {
    version: "3.1169.0",
    integrity:
      "sha512-EAqUE22l8bOeCPMNxnahMhKrWW2n7siZjVL1rNWWaD9prTTwDbMf2xeaAOqVx5lLOz+3sSuicM6OMY5yYTR1Eg==",
  },
  sts: {
    version: "3.1169.0",
    integrity:
      "sha512-V3nfRwFJj1ZtNSsDBDWoXLPhSlwqW392yhgnSN6iqYS4kfE0j2sJyEfDRT9gEmzep/VvBWYNoyshQIWGhFb0hQ==",
  },
} satisfies Record<string, { version: string; integrity: string }>;

export type SdkClient = keyof typeof sdkPins;
