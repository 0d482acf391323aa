import unittest

from client import http, s3

VERSION_2 = s3()  # the default for URLs
VERSION_4 = s3(signature_version="s3v4")


class Presigned(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        VERSION_4.create_bucket(Bucket="presigned")
        VERSION_4.put_object(Bucket="presigned", Key="dir/a b+c", Body=b"body")

    def test_get(self):
        for client in (VERSION_2, VERSION_4):
            params = {"Bucket": "presigned", "Key": "dir/a b+c", "ResponseContentType": "text/x"}
            url = client.generate_presigned_url("get_object", params, ExpiresIn=60)
            answer = http("GET", url)
            self.assertEqual([answer.status, answer.data, answer.headers["content-type"]], [200, b"body", "text/x"])
            self.assertEqual(http("GET", url.replace("a%20b", "else")).status, 403)

    def test_expired(self):
        url = VERSION_2.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "k"}, ExpiresIn=-10)
        answer = http("GET", url)
        self.assertEqual(answer.status, 403)
        self.assertIn(b"<Message>Request has expired</Message>", answer.data)

    def test_put(self):
        for client in (VERSION_2, VERSION_4):
            params = {"Bucket": "presigned", "Key": "put", "ContentType": "text/plain"}
            url = client.generate_presigned_url("put_object", params)
            answer = http("PUT", url, body=b"from outside", headers={"content-type": "text/plain"})
            self.assertEqual(answer.status, 200, answer.data)
            found = client.get_object(Bucket="presigned", Key="put")
            self.assertEqual([found["Body"].read(), found["ContentType"]], [b"from outside", "text/plain"])

    def test_post(self):
        for client in (VERSION_2, VERSION_4):
            post = client.generate_presigned_post(
                "presigned", "post", Fields={"Content-Type": "text/x"}, Conditions=[{"Content-Type": "text/x"}]
            )
            answer = http("POST", post["url"], fields=post["fields"] | {"file": ("name.txt", b"a form's")})
            self.assertEqual(answer.status, 204, answer.data)
            self.assertEqual(client.get_object(Bucket="presigned", Key="post")["Body"].read(), b"a form's")


if __name__ == "__main__":
    unittest.main()
