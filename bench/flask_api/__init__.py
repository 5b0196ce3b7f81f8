"""Posts as an API in plain Flask has them: models of Flask-SQLAlchemy, a JWT that names the person,
and Celery, by whose `delay()` a mail is queued for each new post once it is committed.

The three routes of the first version of ours, with the same fields, on tables of the same columns
and indexes as far as these routes need them.
"""

import os
from datetime import UTC, datetime
from functools import wraps

import jwt
from celery import Celery
from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from werkzeug.exceptions import HTTPException, abort

THREADS = 4  # of a worker; each may want a connection

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SQLALCHEMY_DATABASE_URI"]
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": THREADS}


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(app, model_class=Base)
celery = Celery(app.name, broker=os.environ["REDIS_URL"])
celery.conf.task_ignore_result = True


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(150), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(256))
    is_admin: Mapped[bool] = mapped_column(default=False)


class Post(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(140))
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    author: Mapped[User] = relationship()
    __table_args__ = (Index("post_by_time", "created_at", "id"),)

    def to_dict(self):
        return {
            "id": self.id,
            "title": self.title,
            "content": self.content,
            "user_id": self.user_id,
            "username": self.author.username,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }


@celery.task
def send_email_notification(user_id, title):
    """What a worker would do is not measured."""


@app.errorhandler(HTTPException)
def say_why(error):
    return jsonify(error=error.name, message=error.description), error.code


def with_token(view):
    """Hand the person of the token to the view."""

    @wraps(view)
    def checked(*args, **kwargs):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            abort(401, "Missing token")
        try:
            claims = jwt.decode(token, app.config["SECRET_KEY"], algorithms=["HS256"])
        except jwt.ExpiredSignatureError:
            abort(401, "Token has expired")
        except jwt.InvalidTokenError:
            abort(401, "Invalid token")
        user = db.session.get(User, claims["user_id"])
        if user is None:
            abort(401, "Invalid token")
        return view(user, *args, **kwargs)

    return checked


@app.get("/api/v1/posts")
def list_posts():
    posts = db.select(Post).options(joinedload(Post.author))
    if user_id := request.args.get("user_id", type=int):
        posts = posts.where(Post.user_id == user_id)
    posts = posts.order_by(Post.created_at.desc(), Post.id.desc())
    posts = posts.limit(request.args.get("limit", 100, type=int))
    return jsonify(posts=[post.to_dict() for post in db.session.scalars(posts)])


@app.get("/api/v1/posts/<int:post_id>")
def get_post(post_id):
    post = db.session.get(Post, post_id, options=[joinedload(Post.author)])
    if post is None:
        abort(404)
    return jsonify(post.to_dict())


@app.post("/api/v1/posts")
@with_token
def create_post(user):
    said = request.get_json()
    if not said.get("title") or not said.get("content"):
        abort(400, "Missing title or content")
    post = Post(title=said["title"], content=said["content"], author=user)
    db.session.add(post)
    db.session.commit()
    send_email_notification.delay(user.id, post.title)
    return jsonify(post.to_dict()), 201
