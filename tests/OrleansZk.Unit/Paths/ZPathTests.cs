using OrleansZk.Core.Paths;

namespace OrleansZk.Unit.Paths;

public sealed class ZPathTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/b/c")]
    [InlineData("/a.b")]
    [InlineData("/...")]
    [InlineData("/..a/a..")]
    [InlineData("/.a")]
    [InlineData("/a b")]
    [InlineData("/日本/語")]
    [InlineData("/zookeeper/quota")]
    [InlineData("/-_:%$@!")]
    public void Allowed(string path) => ZPath.IsValid(path).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a/b")]
    [InlineData("//")]
    [InlineData("/a/")]
    [InlineData("/a//b")]
    [InlineData("//a")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/./a")]
    [InlineData("/a/.")]
    [InlineData("/a/./b")]
    [InlineData("/a/..")]
    [InlineData("/../a")]
    [InlineData(" /a")]
    public void Refused(string path) => ZPath.IsValid(path).ShouldBeFalse();

    [Theory]
    [InlineData('\u0000', false)]
    [InlineData('\u0001', false)]
    [InlineData('\u001f', false)]
    [InlineData('\u0020', true)]
    [InlineData('\u007e', true)]
    [InlineData('\u007f', false)]
    [InlineData('\u009f', false)]
    [InlineData('\u00a0', true)]
    [InlineData('\ud7ff', true)]
    [InlineData('\ud800', false)]
    [InlineData('\udfff', false)]
    [InlineData('\ue000', false)]
    [InlineData('\uf8ff', false)]
    [InlineData('\uf900', true)]
    [InlineData('\uffef', true)]
    [InlineData('\ufff0', false)]
    [InlineData('\uffff', false)]
    public void Characters_at_the_bounds_of_what_is_forbidden(char c, bool allowed)
    {
        ZPath.IsValid($"/a{c}b").ShouldBe(allowed);
        ZPath.IsValid($"/{c}").ShouldBe(allowed);
        ZPath.IsValid($"/{c}/b").ShouldBe(allowed);
    }

    [Fact]
    public void There_is_no_limit_to_length_or_depth()
    {
        ZPath.IsValid("/" + new string('a', 100_000)).ShouldBeTrue();
        ZPath.IsValid(string.Concat(Enumerable.Repeat("/a", 50_000))).ShouldBeTrue();
    }

    [Theory]
    [InlineData("/a", "/", "a")]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a/b/c", "/a/b", "c")]
    public void Parent_and_name(string path, string parent, string name)
    {
        ZPath.Parent(path).ShouldBe(parent);
        ZPath.Name(path).ToString().ShouldBe(name);
    }

    [Theory]
    [InlineData("/a", "/a", true)]
    [InlineData("/a/b", "/a", true)]
    [InlineData("/ab", "/a", false)]
    [InlineData("/", "/a", false)]
    [InlineData("/a", "/", true)]
    [InlineData("/", "/", true)]
    [InlineData("/b/a", "/a", false)]
    public void Self_or_below(string path, string ancestor, bool expected) => ZPath.IsSelfOrBelow(path, ancestor).ShouldBe(expected);

    [Theory]
    [InlineData("/", true)]
    [InlineData("/zookeeper", true)]
    [InlineData("/zookeeper/quota", true)]
    [InlineData("/zookeeper/config", true)]
    [InlineData("/zookeeper/other", false)]
    [InlineData("/zookeeper/quota/a", false)]
    public void System_nodes(string path, bool expected) => SystemPaths.IsSystem(path).ShouldBe(expected);
}
