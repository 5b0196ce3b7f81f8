from django.db import connection


class CountQueries:
    """Say in a header how many statements an answer took, and how many of them wrote."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        statements = []

        def note(execute, sql, params, many, context):
            statements.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            response = self.get_response(request)
        response["X-Statements"] = len(statements)
        response["X-Writes"] = sum(not sql.startswith("SELECT") for sql in statements)
        return response
