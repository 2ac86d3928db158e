"""Run by test_encoder.py with the Python of build/venv-encoder: what the package `tokenizers` makes of texts.

Standard input: one JSON object {"tokenizer": path of a tokenizer.json, "texts": [...], "max_length": n};
standard output: the ids of each text.
"""

import json
import sys

from tokenizers import Tokenizer

request = json.load(sys.stdin)
tokenizer = Tokenizer.from_file(request["tokenizer"])
tokenizer.no_padding()
tokenizer.enable_truncation(request["max_length"])
json.dump([encoding.ids for encoding in tokenizer.encode_batch(request["texts"])], sys.stdout)
