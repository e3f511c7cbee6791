"""Runs a directory's Python tests with the Python that has pytest: $LIBMOD_PYTHON, else python3.

run_pytest.py DIRECTORY
"""

import os
import subprocess
import sys

python = os.environ.get("LIBMOD_PYTHON", "python3")
if subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False).returncode:
    print(f"{python} has no pytest")
    sys.exit(77)
os.chdir(sys.argv[1])
environment = {**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
os.execvpe(python, [python, "-m", "pytest", "-ra", "--color=no", "tests"], environment)
