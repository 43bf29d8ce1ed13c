using System.Text;
using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Quotas;

public sealed class QuotaTextTests
{
    [Theory]
    [InlineData("count=5,bytes=6", 5, 6, -1, -1)]
    [InlineData("count=5,bytes=-1=;byteHardLimit=7;countHardLimit=8", 5, -1, 8, 7)]
    [InlineData("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2", -1, -1, 2, -1)]
    [InlineData("count=-1,bytes=-1", -1, -1, -1, -1)]
    [InlineData("bytes=9", -1, 9, -1, -1)]
    [InlineData("count=,bytes=3", -1, 3, -1, -1)]
    [InlineData("", -1, -1, -1, -1)]
    [InlineData("other=4,count=2", 2, -1, -1, -1)]
    public void Texts_that_are_limits(string text, long count, long bytes, long countHard, long byteHard)
    {
        QuotaLimits.TryParse(Encoding.UTF8.GetBytes(text), out QuotaLimits limits).ShouldBeTrue();
        limits.ShouldBe(new QuotaLimits(count, bytes, countHard, byteHard));
    }

    [Theory]
    [InlineData("count")]
    [InlineData("nonsense")]
    [InlineData("count=x")]
    [InlineData("count=1.5")]
    [InlineData("count=99999999999999999999")]
    public void Texts_that_are_not(string text) => QuotaLimits.TryParse(Encoding.UTF8.GetBytes(text), out _).ShouldBeFalse();

    [Fact]
    public void No_data_is_no_limit() => QuotaLimits.TryParse(null, out _).ShouldBeFalse();

    [Fact]
    public void A_usage_comes_back()
    {
        QuotaLimits.TryParse(QuotaLimits.FormatUsage(3, 44), out QuotaLimits usage).ShouldBeTrue();
        usage.ShouldBe(new QuotaLimits(3, 44, -1, -1));
    }

    [Theory]
    [InlineData("/zookeeper/quota/a/zookeeper_limits", true, "/a")]
    [InlineData("/zookeeper/quota/a/b/zookeeper_limits", true, "/a/b")]
    [InlineData("/zookeeper/quota/zookeeper_limits", false, "")]
    [InlineData("/zookeeper/quota/a/zookeeper_stats", false, "")]
    [InlineData("/zookeeper/quota/a/xzookeeper_limits", false, "")]
    [InlineData("/a/zookeeper_limits", false, "")]
    [InlineData("/zookeeper/quota", false, "")]
    public void Nodes_that_set_quotas(string path, bool expected, string quotaPath)
    {
        QuotaTable.IsLimits(path, out string found).ShouldBe(expected);
        found.ShouldBe(quotaPath);
    }
}
