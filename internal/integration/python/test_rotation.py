"""A rotation whose function is written with boto3, as Lambda runs it."""

import http.server
import json
import threading

from server import MARKED, TestCase

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:rotate"
BUSY = "A previous rotation isn't complete. That rotation will be reattempted."
NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."


class Lambda(http.server.ThreadingHTTPServer):
    """A stand-in for Lambda's Invoke call, with one function."""

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), Invocation)
        self.handler, self.url = handler, f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Invocation(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["X-Amz-Invocation-Type"] == "DryRun":  # whether the function can be called
            self.send_response(204)
            self.end_headers()
            return
        failure = None
        try:
            self.server.handler(event, None)
        except Exception as e:  # what the handler raises is the function's error
            failure = e
        answer = json.dumps(failure and {"errorType": type(failure).__name__, "errorMessage": str(failure)}).encode()
        self.send_response(200)
        if failure is not None:
            self.send_header("X-Amz-Function-Error", "Unhandled")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Rotation(TestCase):
    def setUp(self):
        self.steps, self.broken = [], False
        function = Lambda(self.handler)
        self.addCleanup(function.server_close)
        self.addCleanup(function.shutdown)
        self.flags = ("--lambda-url", function.url)
        super().setUp()

    def handler(self, event, _):
        """The rotation function."""
        sm, arn, token, step = self.client, event["SecretId"], event["ClientRequestToken"], event["Step"]
        self.steps.append(step)
        if step == "createSecret":
            try:
                sm.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
            except sm.exceptions.ResourceNotFoundException:
                current = sm.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
                sm.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=current + "+", VersionStages=["AWSPENDING"])
        elif step == "testSecret" and self.broken:
            raise RuntimeError("the database is down")
        elif step == "finishSecret":
            versions = sm.describe_secret(SecretId=arn)["VersionIdsToStages"]
            current = next(v for v, stages in versions.items() if "AWSCURRENT" in stages)
            sm.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)

    def value(self, stage="AWSCURRENT"):
        return self.client.get_secret_value(SecretId="db", VersionStage=stage)["SecretString"]

    def test_a_year_of_rotations(self):
        sm, errors = self.client, self.errors
        first = sm.create_secret(Name="db", SecretString="x")
        self.refused(errors.InvalidRequestException, NO_FUNCTION, sm.rotate_secret, SecretId="db")
        self.refused(errors.InvalidParameterException, "You cannot specify both rotation frequency and schedule expression together.",
                     sm.rotate_secret, SecretId="db", RotationLambdaARN=FUNCTION,
                     RotationRules={"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"})
        begun = sm.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION, RotationRules={"ScheduleExpression": "cron(0 16 1,15 * ? *)", "Duration": "2h"})
        self.assertEqual(self.steps, ["createSecret", "setSecret", "testSecret", "finishSecret"])
        self.assertEqual((self.value(), self.value("AWSPREVIOUS")), ("x+", "x"))
        described = sm.describe_secret(SecretId="db")
        self.assertEqual(described["VersionIdsToStages"][first["VersionId"]], ["AWSPREVIOUS"])
        self.assertIn("AWSCURRENT", described["VersionIdsToStages"][begun["VersionId"]])
        self.assertTrue(described["RotationEnabled"])
        self.assertEqual(described["RotationLambdaARN"], FUNCTION)
        self.assertEqual(described["LastRotatedDate"].isoformat(), "2030-01-01T00:00:00+00:00")
        if self.knows("DescribeSecret", "NextRotationDate"):
            self.assertEqual(described["NextRotationDate"].isoformat(), "2030-01-01T17:59:59+00:00")

        self.server.advance("8760h")
        self.assertEqual(self.value(), "x+" + 24 * "+")
        sm.cancel_rotate_secret(SecretId="db")
        self.assertFalse(sm.describe_secret(SecretId="db")["RotationEnabled"])
        self.server.advance("8760h")
        self.assertEqual(self.value(), "x+" + 24 * "+")

    def test_a_function_that_fails_is_tried_again(self):
        sm, errors = self.client, self.errors
        sm.create_secret(Name="db", SecretString="x")
        self.broken = True
        sm.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 30})
        self.assertEqual((self.value(), self.value("AWSPENDING")), ("x", "x+"))
        self.refused(errors.InvalidRequestException, BUSY, sm.rotate_secret, SecretId="db")
        self.broken = False
        self.server.advance("1h")
        self.assertEqual(self.value(), "x+")

        sm.delete_secret(SecretId="db")
        self.refused(errors.InvalidRequestException, MARKED, sm.rotate_secret, SecretId="db")
        self.steps.clear()
        self.server.advance("719h")
        self.assertEqual(self.steps, [], "what is to be deleted isn't rotated")
