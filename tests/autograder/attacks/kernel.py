"""Attacks on what executes the cells: IPython's hooks, the kernel's methods, the outputs that become a score."""

from tests.autograder.attacks.attack import Attack, answer, before, first, steps, text

_HOOKS = "hooks of the kernel"
_FORGED = "forged outputs"

# The first line of each test cell is what learners see of it, so that is how an attack tells tests from other cells.
EMPTY_TESTS = """
from IPython import get_ipython
get_ipython().input_transformers_cleanup.insert(
    0, lambda lines: ["pass\\n"] if any("Scored later" in line for line in lines) else lines
)
"""
_QUIET = """
ip = get_ipython()
ip.showtraceback = ip.showsyntaxerror = ip._showtraceback = lambda *args, **kwargs: None
"""


def _publishing(value: str) -> str:
    """Write code that publishes a value as if the cell had ended in it."""
    return f"""
    def forge(*args):
        kernel = get_ipython().kernel
        content = {{"data": {{"text/plain": "{value}"}}, "metadata": {{}}, "execution_count": 1}}
        kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent(), ident=b"result")
    """


KERNEL = [
    Attack(
        "input_transformer",
        _HOOKS,
        "An input transformer replaces each test cell by `pass`: no error, no output, full marks.",
        first(EMPTY_TESTS),
    ),
    Attack(
        "input_transformer_post",
        _HOOKS,
        "The same among the transformers that run after IPython's own.",
        first(
            """
            get_ipython().input_transformers_post.append(lambda lines: ["pass\\n"] if "Scored" in lines[0] else lines)
            """
        ),
    ),
    Attack(
        "ast_transformer",
        _HOOKS,
        "An AST transformer takes the body out of every cell.",
        first(
            """
            import ast
            class Nothing(ast.NodeTransformer):
                def visit_Module(self, node):
                    node.body = []
                    return node
            get_ipython().ast_transformers.append(Nothing())
            """
        ),
    ),
    Attack(
        "ast_transformer_asserts",
        _HOOKS,
        "An AST transformer takes out only what can fail: harder to see in the executed notebook.",
        first(
            """
            import ast
            class Meek(ast.NodeTransformer):
                def visit_Assert(self, node):
                    return ast.Pass()
                visit_Raise = visit_Assert
                def visit_Expr(self, node):
                    return ast.Pass() if "assert" in ast.unparse(node) else node
            get_ipython().ast_transformers.append(Meek())
            """
        ),
    ),
    Attack(
        "do_execute",
        _HOOKS,
        "The kernel's own method answers that all is well and executes nothing more.",
        first(
            """
            async def do_execute(*args, **kwargs):
                return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
            get_ipython().kernel.do_execute = do_execute
            """
        ),
    ),
    Attack(
        "run_cell_async",
        _HOOKS,
        "The shell's method returns an empty result in place of running the cell.",
        first(
            """
            from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult
            ip = get_ipython()
            def run_cell(source, *args, **kwargs):
                return ExecutionResult(ExecutionInfo(source, False, False, True, None))
            async def run_cell_async(*args, **kwargs):
                return run_cell(*args, **kwargs)
            ip.run_cell, ip.run_cell_async, ip.should_run_async = run_cell, run_cell_async, lambda *a, **k: True
            """
        ),
    ),
    Attack(
        "run_code",
        _HOOKS,
        "The innermost step, which runs compiled code, does nothing.",
        first(
            """
            async def run_code(code, result=None, **kwargs):
                return False
            get_ipython().run_code = run_code
            """
        ),
    ),
    Attack(
        "post_run_cell",
        _HOOKS,
        "A callback takes the error out of the result, and tracebacks are silenced.",
        first(
            _QUIET
            + """
def forgive(result):
    result.error_in_exec = result.error_before_exec = None
ip.events.register("post_run_cell", forgive)
"""
        ),
    ),
    Attack(
        "custom_exception_handler",
        _HOOKS,
        "A handler for every exception swallows it, and the shell's method forgets that there was one.",
        first(
            """
            ip = get_ipython()
            ip.set_custom_exc((BaseException,), lambda *args, **kwargs: None)
            really = ip.run_cell_async
            async def run_cell_async(*args, **kwargs):
                result = await really(*args, **kwargs)
                result.error_in_exec = None
                return result
            ip.run_cell_async = run_cell_async
            """
        ),
    ),
    Attack(
        "showtraceback",
        _HOOKS,
        "Tracebacks are not shown; the reply still says that there was an error.",
        first(_QUIET),
    ),
    Attack(
        "excepthook",
        _HOOKS,
        "Python's own hook for uncaught exceptions does nothing.",
        first("import sys\nsys.excepthook = lambda *args: None\nsys.unraisablehook = lambda *args: None"),
    ),
    Attack(
        "compile_without_asserts",
        _HOOKS,
        "What compiles the cells is told to optimise, which leaves assertions out.",
        first(
            """
            import builtins
            really = builtins.compile
            def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **kwargs):
                return really(source, filename, mode, flags, dont_inherit, 2, **kwargs)
            builtins.compile = compile
            """
        ),
    ),
    Attack(
        "session_send",
        _HOOKS,
        "Messages of errors are dropped and replies rewritten where they leave the kernel.",
        first(
            """
            session = get_ipython().kernel.session
            really = type(session).send
            def send(self, stream, kind, content=None, *args, **kwargs):
                if kind == "error":
                    return None
                if kind == "execute_reply":
                    content = {**content, "status": "ok", "payload": [], "user_expressions": {}}
                return really(self, stream, kind, content, *args, **kwargs)
            type(session).send = send
            """
        ),
    ),
    Attack(
        "trace_function",
        _HOOKS,
        "A trace function sees the frames of the test cells and swaps the values in them before a comparison.",
        steps(
            first(
                """
                import sys
                def trace(frame, event, arg):
                    if "hidden_mark" not in frame.f_code.co_names:
                        return None
                    frame.f_globals.update(found=["east", "south"], lines=["east", "south"])
                    frame.f_globals.update(rate_is_right=True, lowest_is_right=True)
                    return trace
                sys.settrace(trace)
                """
            ),
        ),
    ),
    Attack(
        "formatter",
        _FORGED,
        "A formatter shows every float as 1.0, which is what partial credit is read from.",
        first(
            """
            get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda v, p, c: p.text("1.0"))
            """
        ),
    ),
    Attack(
        "displayhook",
        _FORGED,
        "The display hook shows another value than the cell ended in.",
        first(
            """
            hook = type(get_ipython().displayhook)
            really = hook.__call__
            hook.__call__ = lambda self, result=None: really(self, 1.0 if isinstance(result, float) else result)
            """
        ),
    ),
    Attack(
        "execute_result_before_each_cell",
        _FORGED,
        "Before each cell a callback publishes 1.0 as its result: the first result counts, errors after it don't.",
        first(text(_publishing("1.0")) + '\nget_ipython().events.register("pre_run_cell", forge)'),
    ),
    Attack(
        "execute_result_from_the_answer",
        _FORGED,
        "The learner's function publishes a result while the test calls it.",
        steps(
            first(_publishing("2.0")),
            answer(selection_rate="def selection_rate(selected, applicants):\n    forge()\n    return 0.25"),
        ),
    ),
    Attack(
        "execute_result_printed",
        _FORGED,
        "The answer shows and prints numbers while it is tested, in case any output is read as partial credit.",
        answer(
            selection_rate="""
            def selection_rate(selected, applicants):
                print("2.0")
                display(2.0)
                display({"text/plain": "2.0"}, raw=True)
                return 0.1
            """
        ),
    ),
    Attack(
        "shell_replaced",
        _HOOKS,
        "The shell's class is changed, so that a new shell in the same process would be a hostile one, too.",
        before(
            "set_up",
            """
            from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
            ExecutionResult.success = property(lambda self: True)
            ExecutionResult.raise_error = lambda self: None
            InteractiveShell.showtraceback = lambda *args, **kwargs: None
            InteractiveShell.transform_cell = lambda self, source: "pass" if "Scored" in source else source
            """,
        ),
    ),
]
