import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.http import HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")


class AssetsHandler(ASGIStaticFilesHandler):
    """Static files straight from the apps, without collectstatic.

    They are small, so the synchronous file iterator is read here and not by the event loop.
    """

    def serve(self, request):
        response = super().serve(request)
        if not response.streaming:
            return response
        buffered = HttpResponse(b"".join(response.streaming_content), status=response.status_code)
        buffered.headers = response.headers
        response.close()
        return buffered


application = AssetsHandler(get_asgi_application())
