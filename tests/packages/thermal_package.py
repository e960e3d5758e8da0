# SPDX-License-Identifier: Apache-2.0
"""What both tests do with the installed thermal_example: launch it, look at it, stop it."""
import json
import os
import pathlib
import signal
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = SOURCE / 'tests/packages/thermal_example'


def run(*command, **options):
    """The output of a command that must succeed."""
    words = [str(word) for word in command]
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    assert result.returncode == 0, f'{" ".join(words)}\nexit code {result.returncode}\n{result.stdout}'
    return result.stdout


def launch_and_look(rtctl, environment):
    """`rtctl launch PACKAGE FILE`, then echo of the package's own type, then Ctrl-C."""
    environment = {**os.environ, **environment}
    environment.pop('LD_LIBRARY_PATH', None)  # what is installed finds its libraries by itself
    check = run(rtctl, 'launch', 'thermal_example', 'thermal.launch.yaml', '--check', env=environment)
    assert 'no errors; nodes: 2' in check, check
    launch = subprocess.Popen([rtctl, 'launch', 'thermal_example', 'thermal.launch.yaml', 'hottest:=90'], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for_topic(rtctl, environment, launch, '/thermal/hot_spot')
        echo = run(rtctl, 'topic', 'echo', '/thermal/hot_spot', '--once', '--json', '--timeout', '20', env=environment)
        spot = json.loads(echo)
        assert spot['celsius'] == 90 and spot['header']['frame_id'] == 'thermal', echo
        assert 'celsius' in run(rtctl, 'msg', 'show', 'thermal_example/HotSpot', env=environment)
    finally:
        launch.send_signal(signal.SIGINT)
        said = launch.communicate(timeout=60)[0]
    assert launch.returncode == 0, said
    print(said)


def wait_for_topic(rtctl, environment, launch, topic):
    """Until the launch is up: asked again, since nothing says it to other processes."""
    while launch.poll() is None:
        found = subprocess.run([rtctl, 'topic', 'list', '--names'], env=environment, capture_output=True, text=True, check=False)
        if topic in found.stdout.split():
            return
    raise AssertionError(launch.communicate()[0])
