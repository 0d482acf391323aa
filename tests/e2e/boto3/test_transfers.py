import hashlib
import io
import os
import tempfile
import unittest

from boto3.s3.transfer import TransferConfig

from client import MB, patterned, s3

THREADS = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB, max_concurrency=8)


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Transfers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = s3(max_pool_connections=16)
        cls.client.create_bucket(Bucket="transfers")

    def test_a_file_in_parts_by_eight_threads(self):
        content = patterned(64 * MB + 11)
        with tempfile.TemporaryDirectory() as folder:
            up, down = os.path.join(folder, "up"), os.path.join(folder, "down")
            with open(up, "wb") as file:
                file.write(content)
            self.client.upload_file(up, "transfers", "file", Config=THREADS, ExtraArgs={"Metadata": {"a": "b"}})
            self.client.download_file("transfers", "file", down, Config=THREADS)
            with open(down, "rb") as file:
                self.assertEqual(digest(file.read()), digest(content))
        head = self.client.head_object(Bucket="transfers", Key="file")
        self.assertEqual([head["ContentLength"], head["Metadata"]], [len(content), {"a": "b"}])
        self.assertTrue(head["ETag"].endswith('-13"'))

    def test_a_copy_in_parts(self):
        content = patterned(12 * MB)
        self.client.upload_fileobj(io.BytesIO(content), "transfers", "source", Config=THREADS)
        source = {"Bucket": "transfers", "Key": "source"}
        self.client.copy(source, "transfers", "copy", Config=THREADS)
        self.assertEqual(digest(self.client.get_object(Bucket="transfers", Key="copy")["Body"].read()), digest(content))

    def test_every_checksum_that_botocore_computes(self):
        for algorithm in ["CRC32", "SHA1", "SHA256"]:
            with self.subTest(algorithm):
                content = patterned(6 * MB)
                extra = {"ChecksumAlgorithm": algorithm}
                self.client.upload_fileobj(io.BytesIO(content), "transfers", algorithm, Config=THREADS, ExtraArgs=extra)
                found = self.client.get_object(Bucket="transfers", Key=algorithm, ChecksumMode="ENABLED")
                self.assertIn("Checksum" + algorithm, found)
                self.assertEqual(digest(found["Body"].read()), digest(content))

    def test_a_body_that_is_a_file(self):
        with tempfile.TemporaryFile() as file:
            file.write(patterned(300_000))
            file.seek(0)
            self.client.put_object(Bucket="transfers", Key="opened", Body=file)
        self.assertEqual(self.client.get_object(Bucket="transfers", Key="opened")["Body"].read(), patterned(300_000))


if __name__ == "__main__":
    unittest.main()
