using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansZk.Core.Operations;
using Shouldly;
using Xunit;

namespace OrleansZk.Tidy;

/// <summary>The rules of the layout that docs/architecture.md states.</summary>
public sealed partial class LayoutTests
{
    private const int MostLines = 600;

    // What each product project may reference; arrows point down only.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["OrleansZk.Abstractions"] = [],
        ["OrleansZk.Protocol"] = ["OrleansZk.Abstractions"],
        ["OrleansZk.Core"] = ["OrleansZk.Abstractions", "OrleansZk.Protocol"],
        ["OrleansZk.Storage"] = ["OrleansZk.Abstractions", "OrleansZk.Protocol", "OrleansZk.Core"],
        ["OrleansZk.Client"] = ["OrleansZk.Abstractions", "OrleansZk.Protocol"],
        ["OrleansZk.Server"] = ["OrleansZk.Abstractions", "OrleansZk.Protocol", "OrleansZk.Core", "OrleansZk.Storage", "OrleansZk.Client"],
        ["OrleansZk.Grains"] = ["OrleansZk.Abstractions", "OrleansZk.Client"],
        ["OrleansZk.Silo"] = ["OrleansZk.Grains", "OrleansZk.Server"],
    };

    // The same for tests whose worth lies in what they do not know: a checker that used the engine would share its faults.
    private static readonly Dictionary<string, string[]> AllowedInTests = new()
    {
        ["OrleansZk.Histories"] = ["OrleansZk.Abstractions"],
        ["OrleansZk.Histories.Tests"] = ["OrleansZk.Histories"],
        ["OrleansZk.Simulation"] = ["OrleansZk.Histories", "OrleansZk.TestKit"],
    };

    [Fact]
    public void Projects_reference_only_what_lies_below_them()
    {
        foreach (string file in Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            string project = Path.GetFileNameWithoutExtension(file);
            Allowed.ShouldContainKey(project, $"{project} has no place in the layout yet");
            ReferencesOf(file).Except(Allowed[project]).ShouldBeEmpty($"{project} references what it must not");
        }
    }

    [Fact]
    public void The_checker_knows_nothing_of_the_engine()
    {
        foreach ((string project, string[] allowed) in AllowedInTests)
        {
            ReferencesOf($"tests/{project}/{project}.csproj").Except(allowed).ShouldBeEmpty($"{project} references what it must not");
        }
    }

    [Fact]
    public void Core_knows_no_sockets_no_database_and_no_wall_clock()
    {
        Regex forbidden = ForbiddenInCore();
        foreach (string file in Repository.Files.Where(file => file.StartsWith("src/OrleansZk.Core/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)))
        {
            forbidden.Matches(Repository.Read(file)).Select(match => match.Value).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Every_operation_has_a_file_of_its_own()
    {
        foreach (Operation operation in OperationTable.All)
        {
            Repository.Files.ShouldContain($"src/OrleansZk.Core/Operations/{operation.GetType().Name}.cs");
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("OrleansZk.sln").Replace('\\', '/');
        foreach (string project in Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            solution.ShouldContain(project);
        }
    }

    [Fact]
    public void Files_have_one_subject()
    {
        Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(file => (file, Lines: Repository.Read(file).Count(c => c == '\n')))
            .Where(file => file.Lines > MostLines)
            .ShouldBeEmpty($"a file of more than {MostLines} lines has a second subject");
    }

    private static IEnumerable<string> ReferencesOf(string file) => XDocument.Parse(Repository.Read(file)).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

    [GeneratedRegex(@"System\.Net\.Sockets\.Socket\b|Npgsql|Sqlite|DateTime\.(Utc)?Now|DateTimeOffset\.(Utc)?Now|Environment\.TickCount|Stopwatch|Thread\.Sleep|Task\.Delay")]
    private static partial Regex ForbiddenInCore();
}
