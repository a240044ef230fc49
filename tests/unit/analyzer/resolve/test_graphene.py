"""Graphene: what a view with a schema touches, mutations as routes, promises and data loaders."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Publisher(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        publisher = models.ForeignKey(Publisher, models.CASCADE)

    class Review(models.Model):
        book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")

    class Secret(models.Model):
        pass
"""
VIEWS = """
    from django.views import View

    class GraphView(View):
        schema = None

        def post(self, request):
            return execute(self.schema, request)
"""
URLS = """
    from django.urls import path
    from shop.schema import schema
    from shop.views import GraphView

    urlpatterns = [path("graphql/", GraphView.as_view(schema=schema))]
"""


def project(folder: Path, schema: str, **files: str) -> FakeProject:
    base = {"shop/models.py": MODELS, "shop/views.py": VIEWS, "site_/urls.py": URLS, "shop/schema.py": schema}
    return FakeProject(folder, {**base, **files})


def routes(project: FakeProject) -> dict[str, tuple[set[str], set[str]]]:
    found = project.facts().routes
    return {route.view: (set(route.tables_read), set(route.tables_written)) for route in found}


SCHEMA = """
    import graphene
    from shop.models import Author, Book, Review, Secret

    class AuthorType(graphene.ObjectType):
        name = graphene.String()

    class SecretType(graphene.ObjectType):
        pass

    class Unreachable(graphene.ObjectType):
        secret = graphene.Field(SecretType)

        def resolve_secret(root, info):
            return Secret.objects.first()

    class BookType(graphene.ObjectType):
        class Meta:
            model = Book

        author = graphene.Field(lambda: AuthorType)
        reviews = graphene.List(graphene.String)

        @staticmethod
        def resolve_reviews(root, info):
            return list(root.reviews.all())

    class Query(graphene.ObjectType):
        books = graphene.List(BookType)

        def resolve_books(self, info, **kwargs):
            return Book.objects.all()

    class Base(graphene.Mutation):
        class Meta:
            abstract = True

        @classmethod
        def mutate(cls, root, info, **data):
            return cls.work(info, **data)

        @classmethod
        def work(cls, info, **data):
            if data.get("id"):
                instance = cls._meta.model.objects.get(pk=data["id"])
            else:
                instance = cls._meta.model()
            instance.save()

    class BookSave(Base):
        class Meta:
            model = Book

    class ReviewSave(Base):
        class Meta:
            model = Review

    class Mutation(graphene.ObjectType):
        book_save = BookSave.Field()
        review_save = ReviewSave.Field()

    schema = graphene.Schema(query=Query, mutation=Mutation)
"""


def test_types_that_no_root_leads_to_belong_to_no_view(tmp_path: Path) -> None:
    read, _ = routes(project(tmp_path, SCHEMA))["shop.views.GraphView"]
    assert "shop_secret" not in read


def test_a_view_touches_what_its_schema_offers(tmp_path: Path) -> None:
    found = routes(project(tmp_path, SCHEMA))
    assert found["shop.views.GraphView"] == (
        {"shop_book", "shop_author", "shop_review"},
        {"shop_book", "shop_review"},
    )


def test_each_mutation_is_a_route_with_its_own_model(tmp_path: Path) -> None:
    found = routes(project(tmp_path, SCHEMA))
    assert found["shop.schema.BookSave"] == ({"shop_book"}, {"shop_book"})
    assert found["shop.schema.ReviewSave"] == ({"shop_review"}, {"shop_review"})


def test_graphene_django_shows_relations_whose_target_has_a_type(tmp_path: Path) -> None:
    schema = """
        import graphene
        from graphene_django import DjangoObjectType, DjangoListField
        from shop.models import Author, Book

        class AuthorType(DjangoObjectType):
            class Meta:
                model = Author
                fields = "__all__"

        class BookType(DjangoObjectType):
            class Meta:
                model = Book
                fields = "__all__"

        class Query(graphene.ObjectType):
            books = DjangoListField(BookType)

        schema = graphene.Schema(query=Query)
    """
    settings = """
        INSTALLED_APPS = ["shop"]
        ROOT_URLCONF = "site_.urls"
        GRAPHENE = {"SCHEMA": "shop.schema.schema"}
    """
    urls = """
        from django.urls import path
        from graphene_django.views import GraphQLView
        class View(GraphQLView):
            pass
        urlpatterns = [path("graphql/", View.as_view())]
    """
    files = {"site_/settings.py": settings, "site_/urls.py": urls}
    found = routes(FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/schema.py": schema, **files}))
    assert found["site_.urls.View"] == ({"shop_book", "shop_author"}, set())


def test_promises_of_data_loaders_are_followed(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": MODELS,
            "shop/work.py": """
                from promise import Promise
                from promise.dataloader import DataLoader
                from shop.models import Author, Book

                class Books(DataLoader):
                    def batch_load_fn(self, keys):
                        books = Book.objects.in_bulk(keys)
                        return Promise.resolve([books.get(key) for key in keys])

                class Authors(DataLoader):
                    def batch_load_fn(self, keys):
                        return [author for author in Author.objects.filter(pk__in=keys)]

                def work():
                    def with_book(book):
                        book.delete()
                        return book.publisher

                    Books().load(1).then(with_book).then(lambda publisher: publisher.save())

                def both():
                    def with_both(found):
                        book, authors = found
                        authors[0].save()

                    Promise.all([Books().load(1), Authors().load_many([1])]).then(with_both)

                def at_once():
                    Books().load(1).get().save()
            """,
        },
    ).facts()
    assert {("shop_book", "write"), ("shop_publisher", "read")} <= touched(facts, "work.with_book")
    assert ("shop_publisher", "write") in touched(facts, "work.<lambda>")
    assert touched(facts, "both.with_both") == {("shop_author", "write")}
    assert ("shop_book", "write") in touched(facts, "at_once")


def test_a_global_id_names_the_type_that_is_expected(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": MODELS,
            "shop/work.py": """
                import graphene
                from shop.models import Author, Book

                class Typed(graphene.ObjectType):
                    @classmethod
                    def get_node(cls, info, id):
                        return cls._meta.model.objects.get(pk=id)

                class BookType(Typed):
                    class Meta:
                        model = Book

                def node(id, only_type=None):
                    type_, pk = graphene.Node.from_global_id(id)
                    return type_.get_node(None, pk)

                def work(id):
                    node(id, BookType).delete()
            """,
        },
    ).facts()
    assert touched(facts, "Typed.get_node") == {("shop_book", "read")}
    assert ("shop_book", "write") in touched(facts, "work")


def test_resolvers_see_what_was_bound_to_the_request(tmp_path: Path) -> None:
    schema = """
        import graphene
        from shop.models import Author, Book, Secret
        from shop.requests import OwnRequest

        class Info(graphene.ResolveInfo):
            context: OwnRequest

        class Save(graphene.Mutation):
            def mutate(root, info: Info, **data):
                info.context.tenant.save()
                info.context.shelf.count()

        class Mutation(graphene.ObjectType):
            save = Save.Field()

        class Query(graphene.ObjectType):
            pass

        schema = graphene.Schema(query=Query, mutation=Mutation)
    """
    files = {
        "site_/settings.py": """
            INSTALLED_APPS = ["shop"]
            ROOT_URLCONF = "site_.urls"
            MIDDLEWARE = ["shop.middleware.bind"]
        """,
        "shop/requests.py": """
            from django.http import HttpRequest
            from shop.models import Review

            class OwnRequest(HttpRequest):
                @property
                def shelf(self):
                    return Review.objects.all()
        """,
        "shop/middleware.py": """
            from shop.models import Publisher, Secret

            def bind(get_response):
                def middleware(request):
                    request.tenant = Publisher.objects.get()
                    request.shelf = Secret.objects.all()
                    return get_response(request)
                return middleware
        """,
    }
    found = routes(project(tmp_path, schema, **files))
    assert found["shop.schema.Save"] == ({"shop_review"}, {"shop_publisher"})
