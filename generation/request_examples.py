"""The request that asks for the same through the API, as lines for a shell and for Python. Pure.

Whatever a prompt holds, it stays a prompt: text goes into a shell in single quotes, and what a terminal would act on
(escape sequences end a paste, marks of direction hide what stands there) is written as its code.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

KEY: Final = "$JIMENG_API_KEY"
_PATHS: Final[Mapping[str, str]] = {
    "generations": "/v1/images/generations",
    "edits": "/v1/images/edits",
    "variations": "/v1/images/variations",
    "compositions": "/v1/images/compositions",
    "chat": "/v1/chat/completions",
    "videos": "/v1/videos",
    "video_generations": "/v1/videos/generations",
}
_IMPORTS: Final = "from openai import OpenAI"
_FRAMES: Final = ("input_reference", "last_frame")
_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    # What the SDK's methods have as parameters; all else goes into `extra_body`.
    "generations": ("model", "prompt", "n", "output_format", "response_format"),
    "edits": ("model", "prompt", "n", "output_format", "response_format"),
    "variations": ("model", "n", "response_format"),
    "videos": ("model", "prompt", "seconds"),
    "chat": ("model", "messages", "n", "seed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`operation`: as in Generation. `fields`: the parameters, `model` and `prompt` among them. `files`: names of the
    input pictures, in order, as if they lay beside.
    """

    operation: str
    fields: Mapping[str, Any]
    files: Sequence[str] = ()


def curl_example(asked: Asked, *, base_url: str) -> str:
    """For a POSIX shell with curl and base64; the key is in `$JIMENG_API_KEY`."""
    path = _PATHS.get(asked.operation, _PATHS["generations"])
    lines = [f"curl {shlex.quote(base_url + path)}", f'-H "Authorization: Bearer {KEY}"']
    if asked.operation == "chat":
        return _chat_curl(asked, lines)
    if asked.files:
        lines += [f"--form-string {name}={shell_quote(str(value))}" for name, value in asked.fields.items()]
        lines += [f"-F {shlex.quote(f'{part}=@{name}')}" for part, name in _parts(asked)]
        return _joined(lines)
    return _joined([*lines, "-H 'Content-Type: application/json'", f"-d {shlex.quote(to_json(asked.fields))}"])


def _chat_curl(asked: Asked, lines: list[str]) -> str:
    """Pictures are too long for an argument: the body comes through a pipe, with each picture in its place."""
    lines = [*lines, "-H 'Content-Type: application/json'"]
    if not asked.files:
        return _joined([*lines, f"-d {shlex.quote(to_json(_chat_fields(asked, [])))}"])
    marks = [f"\0{number}" for number in range(len(asked.files))]
    body = json.dumps(_chat_fields(asked, marks), ensure_ascii=False, indent=2)
    pieces = []
    for number, name in enumerate(asked.files):
        before, body = body.split(f"\\u0000{number}", 1)
        pieces += [f"printf %s {shlex.quote(_visible(before))}", f"base64 < {shlex.quote(name)} | tr -d '\\n'"]
    pieces.append(f"printf %s {shlex.quote(_visible(body))}")
    return "{ " + "\n  ".join(f"{piece};" for piece in pieces) + "\n} | " + _joined([*lines, "--data-binary @-"])


def python_example(asked: Asked, *, base_url: str) -> str:
    """For the openai package; the key is in the environment."""
    imports = ["import base64"] if asked.operation == "chat" and asked.files else []
    head = [*imports, "import os", "", _IMPORTS, "", _client(base_url), ""]
    body = {
        "chat": _chat_python,
        "generations": _images_python,
        "edits": _images_python,
        "variations": _images_python,
        "videos": _videos_python,
    }.get(asked.operation, _post_python)
    return "\n".join([*head, *body(asked)])


def _client(base_url: str) -> str:
    return f'client = OpenAI(base_url={literal(base_url + "/v1")}, api_key=os.environ["JIMENG_API_KEY"])'


def _images_python(asked: Asked) -> list[str]:
    method = {"generations": "generate", "edits": "edit", "variations": "create_variation"}[asked.operation]
    if asked.operation == "generations" and asked.files:
        return _post_python(asked)
    files = [f'open({literal(name)}, "rb")' for name in asked.files]
    image = [f"image={files[0] if len(files) == 1 else '[' + ', '.join(files) + ']'},"] if files else []
    call = [f"answer = client.images.{method}(", *_indented([*image, *_arguments(asked)]), ")"]
    return [*call, "for picture in answer.data:", "    print(picture.url)"]


def _videos_python(asked: Asked) -> list[str]:
    if len(asked.files) > 1:
        return _post_python(asked)
    frame = [f'input_reference=open({literal(name)}, "rb"),' for name in asked.files]
    call = ["video = client.videos.create_and_poll(", *_indented([*frame, *_arguments(asked)]), ")"]
    return [*call, 'client.videos.download_content(video.id).write_to_file("video.mp4")']


def _chat_python(asked: Asked) -> list[str]:
    reading = []
    if asked.files:
        reading = [
            "",
            "def data_url(name):",
            '    with open(name, "rb") as file:',
            "        picture = base64.b64encode(file.read()).decode()",
            "    return f\"data:image/{name.split('.')[-1]};base64,{picture}\"",
            "",
            "",
        ]
    content = [f'{{"type": "text", "text": {literal(asked.fields["prompt"])}}},'] if asked.fields.get("prompt") else []
    content += [f'{{"type": "image_url", "image_url": {{"url": data_url({literal(name)})}}}},' for name in asked.files]
    text = ["[", *_indented(content), "]"] if asked.files else [literal(asked.fields.get("prompt", ""))]
    message = [f'messages=[{{"role": "user", "content": {text[0]}', *text[1:-1]]
    message = [*message, "]}],"] if asked.files else [f"{message[0]}}}],"]
    rest = {name: value for name, value in asked.fields.items() if name != "prompt"}
    fields = _arguments(Asked(operation="chat", fields=rest))
    call = ["answer = client.chat.completions.create(", *_indented([*fields[:1], *message, *fields[1:]]), ")"]
    return [*reading, *call, "print(answer.choices[0].message.content)"]


def _post_python(asked: Asked) -> list[str]:
    """What the SDK has no method for."""
    path = _PATHS.get(asked.operation, _PATHS["generations"]).removeprefix("/v1")
    body = [f"{literal(name)}: {literal(value)}," for name, value in asked.fields.items()]
    lines = [f"{literal(path)},", "cast_to=object,", "body={", *_indented(body), "},"]
    if asked.files:
        files = [f'({literal(part)}, open({literal(name)}, "rb")),' for part, name in _parts(asked)]
        headers = 'options={"headers": {"Content-Type": "multipart/form-data"}},'
        lines += ["files=[", *_indented(files), "],", headers]
    return ["answer = client.post(", *_indented(lines), ")", "print(answer)"]


def _arguments(asked: Asked) -> list[str]:
    known = _PARAMETERS[asked.operation]
    lines = [f"{name}={literal(value)}," for name, value in asked.fields.items() if name in known]
    extra = {name: value for name, value in asked.fields.items() if name not in known}
    return [*lines, f"extra_body={literal(extra)},"] if extra else lines


def _chat_fields(asked: Asked, pictures: Sequence[str]) -> dict[str, Any]:
    """`pictures`: the base64 of each."""
    rest = {name: value for name, value in asked.fields.items() if name not in ("model", "prompt")}
    text: Any = asked.fields.get("prompt", "")
    if pictures:
        urls = [
            f"data:image/{name.rpartition('.')[2]};base64,{picture}"
            for name, picture in zip(asked.files, pictures, strict=True)
        ]
        shown = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        text = [*([{"type": "text", "text": text}] if text else []), *shown]
    return {"model": asked.fields["model"], "messages": [{"role": "user", "content": text}], **rest}


def literal(value: Any) -> str:
    """A constant of Python, in double quotes where it can be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(name)}: {literal(each)}" for name, each in value.items()) + "}"
    shown = repr(value)
    if isinstance(value, str) and shown.startswith("'") and '"' not in shown:
        return f'"{shown[1:-1]}"'
    return shown


def _parts(asked: Asked) -> list[tuple[str, str]]:
    """Each input picture with the name of its part in a multipart body."""
    if asked.operation in ("videos", "video_generations"):
        return list(zip(_FRAMES, asked.files, strict=False))
    return [("image" if len(asked.files) == 1 else "image[]", name) for name in asked.files]


def to_json(value: Any) -> str:
    """Readable, and in one piece whatever a terminal makes of it."""
    return _visible(json.dumps(value, ensure_ascii=False, indent=2))


def _visible(text: str) -> str:
    """JSON, with what cannot be seen in it as `\\u…`; line ends between its parts stay."""
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)


def shell_quote(text: str) -> str:
    """Text as one word for a POSIX shell. Where it holds what cannot be seen, line ends at its end are lost."""
    if all(each.isprintable() or each == "\n" for each in text):
        return shlex.quote(text)
    codes = "".join(each if each.isprintable() else _octal(each) for each in text.replace("\\", "\\\\"))
    return f'"$(printf %b {shlex.quote(codes)})"'


def _octal(character: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in character.encode())


def _joined(lines: Sequence[str]) -> str:
    return " \\\n  ".join(lines)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
