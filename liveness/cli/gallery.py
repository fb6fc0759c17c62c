"""``liveness gallery``: enrol people, list, rename and remove them."""

from __future__ import annotations

import argparse
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("gallery", help="enrol, list, rename and remove the people to recognise")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    enrol = actions.add_parser("enrol", help="store a person under a name, from one or several photos")
    enrol.add_argument("name", metavar="NAME", help="the name, at most 64 characters")
    enrol.add_argument("photos", metavar="PHOTO", nargs="+", help="photos that show this person alone")
    enrol.add_argument(
        "--consent",
        action="store_true",
        help="the person agrees that keypoints and ORB descriptors of the face are stored, unencrypted",
    )
    enrol.add_argument("--detector", default="mtcnn", metavar="NAME", help="face detector (default: mtcnn)")
    enrol.set_defaults(run=run_enrol)

    listing = actions.add_parser("list", help="who is enrolled, since when, from how many photos")
    listing.set_defaults(run=run_list)

    rename = actions.add_parser("rename", help="give a person another name")
    rename.add_argument("name", metavar="NAME", help="the name now")
    rename.add_argument("new", metavar="NEW", help="the name from now on")
    rename.set_defaults(run=run_rename)

    remove = actions.add_parser("remove", help="forget a person; the stored bytes are overwritten in SQLite")
    remove.add_argument("name", metavar="NAME", help="who to forget")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.set_defaults(run=run_remove)

    for action in (enrol, listing, rename, remove):
        action.add_argument(
            "--database",
            metavar="URL",
            help="database URL or SQLite file (default: LIVENESS_DATABASE_URL, else the user's own)",
        )


def run_enrol(args: argparse.Namespace) -> int:
    from liveness.detect import build_detector
    from liveness.errors import GalleryError
    from liveness.frames import find_photos
    from liveness.matching.enrolment import templates_of
    from liveness.matching.gallery import CONSENT, Gallery, check_name

    name = check_name(args.name)
    if not args.consent:
        raise GalleryError(f'add --consent if {name} agrees to this: "{CONSENT}"')
    templates = templates_of(find_photos(args.photos), build_detector(args.detector))
    gallery = Gallery(args.database)
    person = gallery.enrol(name, templates, consent=True, detector=args.detector)
    print(f"{person.name} is enrolled from {_photos(person.templates)} in {gallery.place} (not encrypted)")
    return 0


def run_list(args: argparse.Namespace) -> int:
    from liveness.matching.gallery import Gallery

    for person in Gallery(args.database).people():
        print(f"{person.name}\t{person.enrolled:%Y-%m-%d}\t{_photos(person.templates)}\t{person.detector}")
    return 0


def run_rename(args: argparse.Namespace) -> int:
    from liveness.matching.gallery import Gallery

    Gallery(args.database).rename(args.name, args.new)
    return 0


def run_remove(args: argparse.Namespace) -> int:
    from liveness.errors import GalleryError
    from liveness.matching.gallery import Gallery

    if not args.yes:
        if not sys.stdin.isatty():
            raise GalleryError(f"add --yes to remove {args.name} without being asked")
        if input(f"Remove {args.name} from the gallery? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was removed", file=sys.stderr)
            return 1
    Gallery(args.database).remove(args.name)
    return 0


def _photos(count: int) -> str:
    return f"{count} photo{'s' if count != 1 else ''}"
